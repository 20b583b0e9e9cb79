import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Client } from "./api/client";
import { follow } from "./live";

type Answer = (headers: Headers, signal: AbortSignal | null | undefined) => Response | Promise<Response>;

const onEvent = vi.fn();
const onGap = vi.fn();
let stop = () => {};

/** A server that answers the first connection with the first answer, and so on; after the last, with 401. */
function connect(...answers: Answer[]): Headers[] {
  const asked: Headers[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    if (url !== "/api/events") return new Response(null, { status: 401 });
    const headers = new Headers(init.headers);
    asked.push(headers);
    return answers.shift()?.(headers, init.signal) ?? new Response(null, { status: 401 });
  };
  const client = new Client({ fetch, now: () => 0, onRenewed: () => {}, onEnded: () => {} });
  client.adopt({ access_token: "t", expires_in: 600, user: { id: "usr_1", email: "ada@example.org" } });
  stop = follow(client, { onEvent, onGap });
  return asked;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
  onEvent.mockClear();
  onGap.mockClear();
});

test("a connection that ends is taken up where it was left", async () => {
  const asked = connect(
    () => new Response('id: 41\n\nid: 42\nevent: tasks.changed\ndata: {"ids":["tsk_1"]}\n\n'),
    () => new Response(""),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(onEvent).toHaveBeenCalledExactlyOnceWith({ name: "tasks.changed", data: '{"ids":["tsk_1"]}' });
  expect(asked.map((headers) => headers.get("last-event-id"))).toEqual([null, "42", "42"]);
  expect(onGap).toHaveBeenCalledOnce();
});

test("each connection without an id to come back with begins after a gap", async () => {
  connect(
    () => new Response(": hello\n\n"),
    () => new Response(": hello\n\n"),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(onGap).toHaveBeenCalledTimes(2);
});

test("the waits between failures grow", async () => {
  const failure = () => Promise.reject(new TypeError("Failed to fetch"));
  const asked = connect(failure, failure, failure, failure);
  await vi.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000 - 1);
  expect(asked).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(4);
});

test("a connection that says nothing for a minute is given up", async () => {
  let given: AbortSignal | null | undefined;
  connect((_, signal) => {
    given = signal;
    return new Promise<Response>(() => {});
  });
  await vi.advanceTimersByTimeAsync(59_999);
  expect(given?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(given?.aborted).toBe(true);
});

test("when the session is over, nothing is asked again", async () => {
  const asked = connect();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(asked.length).toBe(1);
});
