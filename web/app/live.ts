import type { Client } from "./api/client";
import { EventParser, textOf, type ServerEvent } from "./api/sse";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** The server sends a comment every 15 to 25 seconds, so this much silence is a dead connection. */
const SILENCE_MS = 60_000;

export interface Follower {
  onEvent: (event: ServerEvent) => void;
  /**
   * The connection is there, and the server could not be told what was seen last: what happened before is not coming, so it
   * must be read now. It is so for the first connection too.
   */
  onGap: () => void;
}

/**
 * Follows the server's events until it is stopped. While the tab is hidden it lets go: browsers share six connections among
 * all tabs of a site.
 */
export function follow(client: Client, follower: Follower): () => void {
  const stop = new AbortController();
  void run(client, follower, stop.signal);
  return () => stop.abort();
}

async function run(client: Client, { onEvent, onGap }: Follower, stop: AbortSignal): Promise<void> {
  let lastId = "";
  let wait = FIRST_WAIT_MS;
  while (!stop.aborted) {
    await visible(stop);
    const answer = await open(client, lastId, stop);
    if (answer === "over") return;
    if (answer !== "lost") {
      if (!lastId) onGap();
      wait = FIRST_WAIT_MS;
      lastId = await read(answer, lastId, onEvent);
    }
    await pause(wait * (0.5 + Math.random()), stop);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

interface Connection {
  body: ReadableStream<Uint8Array>;
  line: Line;
}

/** Hangs up after a long silence and while the tab is hidden. */
class Line {
  #hangUp = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal: AbortSignal;

  constructor(stop: AbortSignal) {
    this.signal = AbortSignal.any([stop, this.#hangUp.signal]);
    const letGo = () => document.hidden && this.end();
    document.addEventListener("visibilitychange", letGo, { signal: this.signal });
    this.heard();
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#hangUp.abort();
  }
}

/** Connects: an open connection, `lost` when that may go better later, `over` when the session is. */
async function open(client: Client, lastId: string, stop: AbortSignal): Promise<Connection | "lost" | "over"> {
  const line = new Line(stop);
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (lastId) headers["last-event-id"] = lastId;
  try {
    const { ok, status, body } = await client.authorized("/api/events", { headers, signal: line.signal });
    if (ok && body) return { body, line };
    line.end();
    return status === 401 ? "over" : "lost";
  } catch {
    line.end();
    return "lost";
  }
}

/** Reads to the end of the connection, however it comes, and returns the last id seen. */
async function read({ body, line }: Connection, lastId: string, onEvent: Follower["onEvent"]): Promise<string> {
  const parser = new EventParser();
  try {
    for await (const text of textOf(body)) {
      line.heard();
      for (const event of parser.push(text)) onEvent(event);
    }
  } catch {
    // Lost, or let go of on purpose: either way the next round connects again.
  }
  line.end();
  return parser.lastId || lastId;
}

function visible(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => (stop.aborted || !document.hidden) && done();
    const done = () => {
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    stop.addEventListener("abort", look, { once: true });
    look();
  });
}

/** Waits, but not when the connection of the machine comes back meanwhile. */
function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    stop.addEventListener("abort", done, { once: true });
  });
}
