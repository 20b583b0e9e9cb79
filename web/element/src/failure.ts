import type { Problem } from "./conversation";
import type { Strings } from "./strings";

/** An answer that is not a success, before any stream has begun. */
export class HttpError extends Error {
  override name = "HttpError";

  constructor(
    readonly status: number,
    /** The server's own code and words, if its body had them. */
    readonly code: string | null,
    message: string | null,
    readonly retryAfterSeconds: number | null,
  ) {
    super(message ?? `HTTP ${status}`);
  }
}

/** No answer came, or it broke off. Status 0 is what browsers call the same thing. */
export class NetworkError extends Error {
  override name = "NetworkError";
  readonly status = 0;

  constructor(
    /** Whether the answer had begun. */
    readonly begun: boolean,
    options?: ErrorOptions,
  ) {
    super(begun ? "the stream ended early" : "the server could not be reached", options);
  }
}

/** The stream itself reported an error. */
export class StreamError extends Error {
  override name = "StreamError";
  readonly status = 200;

  constructor(readonly problem: Problem) {
    super(problem.message ?? problem.code);
  }
}

/** An event of the stream that is not JSON. It is reported and skipped. */
export class StreamEventParsingError extends Error {
  override name = "StreamEventParsingError";
  readonly status = 200;
}

/** What failed, in words for the person, and whether trying again can help. */
export interface Explanation {
  text: string;
  retryable: boolean;
}

export function explain(error: unknown, strings: Strings): Explanation {
  const words = strings.problem;
  if (error instanceof StreamError) {
    const { code, message, retryable } = error.problem;
    return { text: (code === "custom" && message) || words.stream, retryable };
  }
  if (error instanceof NetworkError) return { text: error.begun ? words.cut : words.network, retryable: true };
  if (error instanceof HttpError) return explainStatus(error, strings);
  return { text: words.stream, retryable: true };
}

function explainStatus(error: HttpError, { problem: words }: Strings): Explanation {
  const again = (text: string) => ({ text, retryable: true });
  const final = (text: string) => ({ text, retryable: false });
  switch (error.status) {
    case 401:
      return again(words.signedOut);
    case 403:
      return final(words.forbidden);
    case 404:
      return final(words.gone);
    case 409:
      return again(words.busy);
    case 413:
      return final(words.tooLarge);
    case 429:
      return again(error.retryAfterSeconds ? words.tooFastFor(error.retryAfterSeconds) : words.tooFast);
    case 501:
      return final(words.unsupported);
    case 502:
    case 503:
      return again(words.unavailable);
    case 504:
    case 408:
      return again(words.tookTooLong);
    default:
      return error.status < 500 ? final(words.refused) : again(words.server);
  }
}

/** Anything thrown, as an Error that says what HTTP status it belongs to. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
