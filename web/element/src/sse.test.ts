import { describe, expect, test } from "vitest";
import { EventParser, eventData } from "./sse";

function parse(...pieces: string[]): string[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

async function read(chunks: Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const found: string[] = [];
  for await (const data of eventData(body, new AbortController().signal)) found.push(data);
  return found;
}

describe("EventParser", () => {
  test.each([
    ["line feeds", "data: one\n\ndata: two\n\n"],
    ["carriage returns", "data: one\r\rdata: two\r\r"],
    ["both", "data: one\r\n\r\ndata: two\r\n\r\n"],
  ])("ends lines at %s", (_, text) => {
    expect(parse(text)).toEqual(["one", "two"]);
  });

  test("takes CR and LF of one line end from two pieces", () => {
    expect(parse("data: one\r", "\n\r", "\ndata: two\r\n", "\r\n")).toEqual(["one", "two"]);
  });

  test("skips comments and fields it has no use for", () => {
    expect(parse(": ping\n\nevent: x\nid: 1\nretry: 5\ndata: one\n\n")).toEqual(["one"]);
  });

  test("joins several data lines with a line feed", () => {
    expect(parse("data: one\ndata:two\ndata\n\n")).toEqual(["one\ntwo\n"]);
  });

  test("drops an event that the body ends in", () => {
    expect(parse("data: one\n\ndata: two\n")).toEqual(["one"]);
  });

  test("gives the same events wherever the text is cut", () => {
    const text = ': c\r\ndata: {"a":"é\u2028"}\r\n\r\ndata: x\rdata: y\r\r\ndata: z\n\n';
    const whole = parse(text);
    for (let at = 0; at <= text.length; at++) expect(parse(text.slice(0, at), text.slice(at))).toEqual(whole);
    expect(parse(...text)).toEqual(whole);
  });
});

describe("eventData", () => {
  test("puts characters together that were cut between bytes", async () => {
    const bytes = new TextEncoder().encode('data: {"text":"naïve 🦀"}\n\n');
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['{"text":"naïve 🦀"}']);
  });

  test("skips a byte order mark", async () => {
    expect(await read([new TextEncoder().encode("\ufeffdata: one\n\n")])).toEqual(["one"]);
  });

  test("lets go of the body when its reader stops early", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: one\n\ndata: two\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const _ of eventData(body, new AbortController().signal)) break;
    expect(cancelled).toBe(true);
  });

  test("ends a read that waits when the signal fires", async () => {
    const abort = new AbortController();
    const reading = eventData(new ReadableStream<Uint8Array>(), abort.signal).next();
    abort.abort();
    expect(await reading).toEqual({ done: true, value: undefined });
  });
});
