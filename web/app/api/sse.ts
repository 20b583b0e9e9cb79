/** Server-sent events with their names and ids, after the HTML standard, section 9.2.6. */

export interface ServerEvent {
  name: string;
  data: string;
  /** The last id seen, this event's or an earlier one's. */
  id: string;
}

/** Takes text in any pieces and gives back the events that are complete. */
export class EventParser {
  #rest = "";
  #name = "";
  #data: string[] = [];
  #id = "";

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
    const event = { name: this.#name || "message", data: this.#data.join("\n"), id: this.#id };
    const empty = this.#data.length === 0;
    this.#name = "";
    this.#data = [];
    return empty ? [] : [event];
  }
}

/** Reads a body to its end. `onBytes` hears of every piece, comments too: the other side is alive. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: ServerEvent) => void,
  onBytes: () => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    parser.push(decoder.decode(value, { stream: true })).forEach(onEvent);
  }
}
