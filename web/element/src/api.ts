import { HttpError, NetworkError, StreamEventParsingError } from "./failure";
import type {
  Attachment,
  AttachmentUploadDescriptor,
  Page,
  PlainOperation,
  StreamingOperation,
  Thread,
  ThreadItem,
  ThreadStreamEvent,
} from "./protocol.gen";
import { eventData } from "./sse";

/** What each operation without a stream answers. */
interface Answers {
  "threads.get_by_id": Thread;
  "threads.list": Page<Thread>;
  "threads.update": Thread;
  "threads.delete": object;
  "items.list": Page<ThreadItem>;
  "items.feedback": object;
  "attachments.create": Attachment;
  "attachments.delete": object;
}

type Params<Type> = Extract<PlainOperation, { type: Type }>["params"];

export interface Endpoint {
  url: string;
  fetch: typeof fetch;
  locale: string;
}

/** An error of the page's own making that a beginner meets: `api: { fetch: window.fetch }` through a wrapper. */
const ILLEGAL_INVOCATION = /illegal invocation|does not implement interface window/i;

/** The only file that talks to the network. */
export class Api {
  /** @param endpoint asked at every request, because options may be replaced at any time */
  constructor(
    private readonly endpoint: () => Endpoint,
    private readonly report: (error: Error) => void,
  ) {}

  async plain<Type extends keyof Answers>(type: Type, params: Params<Type>, signal?: AbortSignal): Promise<Answers[Type]> {
    return read(await this.#post({ type, params }, signal));
  }

  /** Sends a file that was announced to where its bytes go. */
  async upload({ url, method, headers }: AttachmentUploadDescriptor, file: File, signal: AbortSignal): Promise<void> {
    await this.#send(url, { method, headers, body: method === "PUT" ? file : form(file) }, signal);
  }

  /** Sends a file that was not announced. */
  async uploadDirectly(url: string, file: File, signal: AbortSignal): Promise<Attachment> {
    return read(await this.#send(url, { method: "POST", body: form(file) }, signal));
  }

  /** Yields the events of the answer. Ends without an error only if the server ended the body. */
  async *stream(request: StreamingOperation, signal: AbortSignal): AsyncGenerator<ThreadStreamEvent, void> {
    yield* this.#events(await this.#post(request, signal), signal);
  }

  /**
   * The turn that runs in a thread, or null: also where the server does not have the addition to ChatKit by which a panel
   * comes back to an answer.
   */
  async runningTurn(threadId: string, signal: AbortSignal): Promise<string | null> {
    try {
      const response = await this.#get(`/threads/${encodeURIComponent(threadId)}/turn`, signal);
      const body: unknown = await response.json();
      return isRecord(body) && typeof body.turn_id === "string" ? body.turn_id : null;
    } catch {
      return null;
    }
  }

  /** Yields what there is of a turn's answer, and then its events as they come. */
  async *resume(turnId: string, signal: AbortSignal): AsyncGenerator<ThreadStreamEvent, void> {
    const response = await this.#get(`/turns/${encodeURIComponent(turnId)}/events`, signal);
    yield* this.#events(response, signal);
  }

  async *#events(response: Response, signal: AbortSignal): AsyncGenerator<ThreadStreamEvent, void> {
    if (!response.body) throw new NetworkError(true);
    let count = 0;
    try {
      for await (const data of eventData(response.body, signal)) {
        count += 1;
        const event = this.#parse(data);
        if (event) yield event;
      }
    } catch (cause) {
      throw signal.aborted ? cause : new NetworkError(true, { cause });
    }
    if (count === 0) throw new NetworkError(true);
  }

  async #post(body: unknown, signal: AbortSignal | undefined): Promise<Response> {
    const { url, locale } = this.endpoint();
    const headers = { "Content-Type": "application/json", Accept: "text/event-stream, application/json", "Accept-Language": locale };
    return this.#send(url, { method: "POST", headers, body: JSON.stringify(body) }, signal);
  }

  /** @param path below the endpoint; what its address has after a question mark stays there */
  async #get(path: string, signal: AbortSignal): Promise<Response> {
    const { url, locale } = this.endpoint();
    const [endpoint = "", query] = url.split("?", 2);
    const address = `${endpoint.replace(/\/$/, "")}${path}${query === undefined ? "" : `?${query}`}`;
    const headers = { Accept: "text/event-stream, application/json", "Accept-Language": locale };
    return this.#send(address, { method: "GET", headers }, signal);
  }

  async #send(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    // Called as a bare function: a page may hand in one that must not be called on an object.
    const { fetch } = this.endpoint();
    let response: Response;
    try {
      const answer = fetch(url, { ...init, ...(signal && { signal }) });
      response = await (signal ? Promise.race([answer, aborted(signal)]) : answer);
    } catch (cause) {
      if (signal?.aborted) throw cause;
      hintAtIllegalInvocation(cause);
      throw new NetworkError(false, { cause });
    }
    if (!response.ok) throw await httpError(response);
    return response;
  }

  #parse(data: string): ThreadStreamEvent | null {
    try {
      const event: unknown = JSON.parse(data);
      if (isEvent(event)) return event;
    } catch {
      // Reported below, like an event without a type.
    }
    this.report(new StreamEventParsingError("an event of the stream could not be read"));
    return null;
  }
}

async function read<Answer>(response: Response): Promise<Answer> {
  return response.json().catch((cause: unknown) => {
    throw new NetworkError(true, { cause });
  });
}

function form(file: File): FormData {
  const form = new FormData();
  form.set("file", file);
  return form;
}

/** Rejects when the signal fires: a page's own fetch may take no notice of it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function isEvent(value: unknown): value is ThreadStreamEvent {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

async function httpError(response: Response): Promise<HttpError> {
  const body: unknown = await response.json().catch(() => null);
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new HttpError(
    response.status,
    typeof error.code === "string" ? error.code : null,
    typeof error.message === "string" ? error.message : null,
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function hintAtIllegalInvocation(cause: unknown): void {
  if (!(cause instanceof TypeError) || !ILLEGAL_INVOCATION.test(cause.message)) return;
  console.error("openai-chatkit: api.fetch was called without its window. Write it as `fetch: (url, init) => fetch(url, init)`.");
}
