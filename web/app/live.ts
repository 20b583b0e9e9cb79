import type { Client } from "./api/client";
import { EventParser, textOf, type ServerEvent } from "./api/sse";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** The server sends a comment every 15 to 25 seconds, so this much silence is a dead connection. */
const SILENCE_MS = 60_000;

export interface Follower {
  onEvent: (event: ServerEvent) => void;
  /** The connection is back, and the server could not be told what was seen last: events may be lost. */
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
  for (let connection = 0; !stop.aborted; connection++) {
    await visible(stop);
    const attempt = new AbortController();
    const silence = watchdog(() => attempt.abort());
    const letGo = () => document.hidden && attempt.abort();
    document.addEventListener("visibilitychange", letGo, { signal: stop });
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (lastId) headers["last-event-id"] = lastId;
      const signal = AbortSignal.any([stop, attempt.signal]);
      const response = await client.authorized("/api/events", { headers, signal });
      if (response.status === 401) return;
      if (response.ok && response.body) {
        if (connection > 0 && !lastId) onGap();
        wait = FIRST_WAIT_MS;
        const parser = new EventParser();
        for await (const text of textOf(response.body)) {
          silence.feed();
          parser.push(text).forEach(onEvent);
          lastId = parser.lastId || lastId;
        }
      }
    } catch {
      // Lost, or let go of on purpose: either way the next round connects again.
    } finally {
      silence.end();
      document.removeEventListener("visibilitychange", letGo);
    }
    await pause(wait * (0.5 + Math.random()), stop);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

function watchdog(onSilence: () => void): { feed: () => void; end: () => void } {
  let timer = setTimeout(onSilence, SILENCE_MS);
  const end = () => clearTimeout(timer);
  const feed = () => {
    end();
    timer = setTimeout(onSilence, SILENCE_MS);
  };
  return { feed, end };
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
