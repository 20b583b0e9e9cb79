/**
 * Reads a body of server-sent events and yields the data of each event. Comments and the fields `event`, `id` and
 * `retry` mean nothing in ChatKit and are skipped. Follows the parsing rules of the HTML standard, section 9.2.6.
 */
export async function* eventData(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string, void> {
  const reader = body.getReader();
  // A body that a page's own fetch made up may not know the signal; cancelling ends the read below at once.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // The last call flushes a character that the body ended in the middle of.
      yield* parser.push(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      if (done) return;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    // Lets go of the connection when the reader stops early.
    cancel();
  }
}

/** Takes text in any pieces and gives back the data of the events that are complete. */
export class EventParser {
  #rest = "";
  #data: string[] = [];
  #endedInCarriageReturn = false;

  push(text: string): string[] {
    if (text === "") return [];
    // A line feed that follows a carriage return of the piece before belongs to the same line end.
    if (this.#endedInCarriageReturn && text.startsWith("\n")) text = text.slice(1);
    this.#endedInCarriageReturn = text === "" ? false : text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): string[] {
    if (line === "") return this.#dispatch();
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "data") this.#data.push(value ?? "");
    return [];
  }

  #dispatch(): string[] {
    if (this.#data.length === 0) return [];
    const data = this.#data.join("\n");
    this.#data = [];
    return [data];
  }
}
