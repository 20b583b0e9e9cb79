import type { ThreadStreamEvent } from "../protocol.gen";

export interface Asked {
  type: string;
  params: Record<string, unknown>;
  init: RequestInit;
}

type Answer = Response | Promise<Response> | Error;

/** Answers requests from a script and remembers them; stands in for `api.fetch`. */
export class ScriptedServer {
  readonly asked: Asked[] = [];
  /** What was asked for by its address alone. */
  readonly got: string[] = [];
  readonly #addresses = new Map<string, Response>();
  #answers: ((asked: Asked) => Answer)[] = [];

  /** Adds the answer to the next request that has none yet. */
  answer(answer: Answer | ((asked: Asked) => Answer)): this {
    this.#answers.push(typeof answer === "function" ? answer : () => answer);
    return this;
  }

  /** Answers a request that has no body, once. */
  at(address: string, answer: Response): this {
    this.#addresses.set(address, answer);
    return this;
  }

  readonly fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    if (init.method === "GET") return this.#get(String(url));
    const asked = { ...JSON.parse(String(init.body)), init } as Asked;
    this.asked.push(asked);
    const answer = await this.#answers.shift()?.(asked);
    if (!answer) throw new TypeError(`no answer to ${asked.type}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };

  #get(address: string): Response {
    this.got.push(address);
    const answer = this.#addresses.get(address) ?? json({ error: { code: "not_found", message: "Not there." } }, 404);
    this.#addresses.delete(address);
    return answer;
  }

  get types(): string[] {
    return this.asked.map(({ type }) => type);
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

export function stream(...events: ThreadStreamEvent[]): Response {
  return new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
}

/** A stream that a test sends on, ends or breaks when it likes. */
export class OpenStream {
  readonly response: Response;
  /** Whether the reader has let go of it. */
  released = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.released = true;
      },
    });
    this.response = new Response(body);
  }

  send(...events: ThreadStreamEvent[]): void {
    if (this.released) return;
    for (const event of events) this.#controller?.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
  }

  end(): void {
    this.#controller?.close();
  }

  break(): void {
    this.#controller?.error(new TypeError("network error"));
  }
}
