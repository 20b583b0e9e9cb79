import type { Api } from "./api";
import { PAGE_SIZE } from "./conversation";
import type { Page, Thread, ThreadItem } from "./protocol.gen";

/** The newest part of a thread, in reading order, and where its older part begins. */
export interface Reading {
  thread: Thread;
  items: ThreadItem[];
  older: string | null;
}

/** Pages of history that are read at most; a server that never ends its list must not hold the panel forever. */
const MOST_PAGES = 100;

/**
 * Reads a thread from its end. `threads.get_by_id` alone answers the oldest items, which of a long thread is the wrong
 * end, so when it does not hold everything the newest page is asked for as well.
 */
export async function readThread(api: Api, id: string, signal: AbortSignal): Promise<Reading> {
  const thread = await api.plain("threads.get_by_id", { thread_id: id }, signal);
  if (!thread.items?.has_more) return { thread, items: thread.items?.data ?? [], older: null };
  return { thread, ...(await readOlder(api, id, null, signal)) };
}

/** Reads the page before `after`. A page may hold nothing that is shown and yet have more behind it. */
export async function readOlder(api: Api, id: string, after: string | null, signal: AbortSignal): Promise<Omit<Reading, "thread">> {
  let cursor = after;
  for (let count = 0; count < MOST_PAGES; count++) {
    const page = await api.plain(
      "items.list",
      { thread_id: id, limit: PAGE_SIZE, order: "desc", ...(cursor !== null && { after: cursor }) },
      signal,
    );
    cursor = next(page);
    if (page.data.length > 0 || cursor === null) return { items: page.data.toReversed(), older: cursor };
  }
  return { items: [], older: null };
}

/** Reads the whole list of threads, newest first. */
export async function readThreads(api: Api): Promise<Thread[]> {
  const threads: Thread[] = [];
  let after: string | null = null;
  for (let count = 0; count < MOST_PAGES; count++) {
    const page: Page<Thread> = await api.plain("threads.list", { limit: 9999, order: "desc", ...(after !== null && { after }) });
    threads.push(...page.data);
    after = next(page);
    if (after === null) break;
  }
  return threads;
}

function next<T extends { id: string }>(page: Page<T>): string | null {
  return page.has_more ? (page.after ?? page.data.at(-1)?.id ?? null) : null;
}
