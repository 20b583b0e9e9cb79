import { expect, test } from "vitest";
import { EventParser } from "./sse";

const stream =
  ": hello\n\nid: 7\nevent: tasks.changed\ndata: {\"ids\":\ndata: [1]}\n\nretry: 3000\r\ndata: ü\r\n\r\nevent: gone\n\ndata\rdata:  x\r\r\n";
const events = [
  { name: "tasks.changed", data: '{"ids":\n[1]}' },
  { name: "message", data: "ü" },
  { name: "message", data: "\n x" },
];

test("events come with their names, data and last id", () => {
  expect(new EventParser().push(stream)).toEqual(events);
});

test("however the text is cut, the events are the same", () => {
  for (let size = 1; size < 20; size++) {
    const parser = new EventParser();
    const pieces = stream.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(events);
  }
});

test("an id counts when its event is over, data or not", () => {
  const parser = new EventParser();
  parser.push("retry: 2000\nid: 41\n\nid: 42\ndata: x\n");
  expect(parser.lastId).toBe("41");
  parser.push("\n");
  expect(parser.lastId).toBe("42");
});

test("an event that is not finished is not given out", () => {
  expect(new EventParser().push("data: half\n")).toEqual([]);
});
