/** Errors of the server, and all errors in words. */

/** The server refused, in the form that all its endpoints share. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds to wait, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code = "", message = "", retryAfter?: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Reads a refusal. A proxy in between may answer with anything, so nothing is taken for granted. */
export async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = field(body, "error");
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return new ApiError(
    response.status,
    text(field(error, "code")),
    text(field(error, "message")),
    Number.isFinite(seconds) ? seconds : undefined,
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

const WORDS: Record<number, string> = {
  401: "Your session has expired. Please log in again.",
  403: "You are not allowed to do this.",
  404: "This does not exist any more.",
  408: "The server took too long. Try again.",
  413: "This is too long to be saved.",
  500: "Something went wrong on the server. Try again.",
  501: "The server cannot do this yet.",
  502: "The server is temporarily unavailable. Try again in a moment.",
  503: "The server is temporarily unavailable. Try again in a moment.",
  504: "The server took too long. Try again.",
};

/**
 * What to tell a person. `here` has words for statuses that mean something special where they happened. The server's own
 * words are used for broken rules: only it knows which.
 */
export function inWords(error: unknown, here: Record<number, string> = {}): string {
  if (!(error instanceof ApiError)) return isTimeout(error) ? WORDS[504]! : "No connection to the server. Try again.";
  const special = here[error.status];
  if (special) return special;
  if (error.status === 429) return `Too many requests. Try again ${soon(error.retryAfter)}.`;
  const ruleBroken = [400, 403, 409, 422].includes(error.status);
  if (ruleBroken && error.message) return error.message;
  return WORDS[error.status] ?? "That did not work. Try again.";
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function soon(seconds: number | undefined): string {
  if (seconds === undefined) return "in a moment";
  if (seconds < 90) return `in ${Math.max(1, Math.round(seconds))} seconds`;
  return `in ${Math.round(seconds / 60)} minutes`;
}
