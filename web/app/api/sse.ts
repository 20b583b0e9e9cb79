/** Server-sent events with their names, and the id to come back with, after the HTML standard, section 9.2.6. */

export interface ServerEvent {
  name: string;
  data: string;
}

/** Takes text in any pieces and gives back the events that are complete. */
export class EventParser {
  #rest = "";
  #name = "";
  #data: string[] = [];
  #id = "";
  #lastId = "";

  /** The last id seen. It counts as soon as its event is over, even one without data. */
  get lastId(): string {
    return this.#lastId;
  }

  push(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => (line === "" ? this.#dispatch() : this.#take(line)));
  }

  #take(line: string): [] {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#name = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    return [];
  }

  #dispatch(): ServerEvent[] {
    this.#lastId = this.#id;
    const event = { name: this.#name || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#name = "";
    this.#data = [];
    return empty ? [] : [event];
  }
}

/** The pieces of a body as text, to its end. */
export async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}
