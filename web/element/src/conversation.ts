import type { Attachment, Thread, ThreadItem, UserMessageInput } from "./protocol.gen";

/**
 * What is on the page of one thread. Entries live in pages whose membership is fixed when an entry is inserted: a page
 * that is full never changes again, so the browser can skip it and the differ can too.
 */
export interface Conversation {
  thread: Thread | null;
  pages: readonly EntryPage[];
  /** Where reading older items goes on; null when there are none. */
  older: string | null;
  progress: Progress | null;
  notices: readonly Notice[];
  /** The server's own account of what went wrong in the running turn. */
  problem: Problem | null;
  /** Whether the server lets the running answer be stopped. */
  stoppable: boolean;
}

export interface EntryPage {
  id: number;
  entries: readonly Entry[];
}

/** `key` stays when the server's item takes the place of the one drawn first, so the bubble is not drawn anew. */
export interface Entry {
  key: string;
  item: ThreadItem;
  /** Drawn before the server confirmed it. */
  unconfirmed?: boolean;
  /** The turn is over, so what is still marked as running in it is not. */
  ended?: boolean;
}

export interface Progress {
  icon: string | null;
  text: string;
}

export interface Notice {
  level: "info" | "warning" | "danger";
  message: string;
  title: string | null;
}

export interface Problem {
  code: string;
  message: string | null;
  retryable: boolean;
}

/** Entries of a page; a page of this size is laid out in well under a frame. */
export const PAGE_SIZE = 50;

export const emptyConversation: Conversation = {
  thread: null,
  pages: [],
  older: null,
  progress: null,
  notices: [],
  problem: null,
  stoppable: true,
};

/** A conversation as read from the server. `items` are in the order of reading, oldest first. */
export function loadedConversation(thread: Thread, items: readonly ThreadItem[], older: string | null): Conversation {
  const entries = items.map(settledEntry);
  return { ...emptyConversation, thread, older, pages: pagesOf(entries, 0) };
}

/** Puts older items in front, in pages of their own. */
export function withOlder(conversation: Conversation, items: readonly ThreadItem[], older: string | null): Conversation {
  const known = new Set(entriesOf(conversation).map((entry) => entry.item.id));
  const entries = items.filter((item) => !known.has(item.id)).map(settledEntry);
  const count = Math.ceil(entries.length / PAGE_SIZE);
  const first = (conversation.pages[0]?.id ?? 0) - count;
  return { ...conversation, older, pages: [...pagesOf(entries, first), ...conversation.pages] };
}

/** Takes over what the server has now, keeping the place of everything that is already on the page. */
export function refreshed(conversation: Conversation, thread: Thread, newest: readonly ThreadItem[], older: string | null): Conversation {
  const present = entriesOf(conversation);
  const start = present.findIndex((entry) => entry.item.id === newest[0]?.id);
  if (start < 0) return loadedConversation(thread, newest, older);
  const fresh = new Map(newest.map((item) => [item.id, item]));
  const kept = new Set(present.slice(0, start).map((entry) => entry.item.id));
  let next: Conversation = { ...conversation, thread, problem: null, progress: null };
  next = mapEntries(next, (entry) => {
    if (kept.has(entry.item.id)) return entry;
    const item = fresh.get(entry.item.id);
    return item && { key: entry.key, item, ended: true };
  });
  const placed = new Set(present.map((entry) => entry.item.id));
  return newest.filter((item) => !placed.has(item.id)).reduce((at, item) => appended(at, settledEntry(item)), next);
}

export function entriesOf(conversation: Conversation): Entry[] {
  return conversation.pages.flatMap((page) => page.entries);
}

export function lastEntry(conversation: Conversation): Entry | undefined {
  return conversation.pages.at(-1)?.entries.at(-1);
}

/** Draws the user's message before the server has it. */
export function withUnsent(
  conversation: Conversation,
  key: string,
  input: UserMessageInput,
  now: Date,
  attachments: readonly Attachment[] = [],
): Conversation {
  const item: ThreadItem = {
    type: "user_message",
    id: key,
    thread_id: conversation.thread?.id ?? "",
    created_at: now.toISOString(),
    content: input.content,
    attachments: [...attachments],
    quoted_text: input.quoted_text,
    inference_options: input.inference_options,
  };
  return appended({ ...conversation, notices: [], problem: null }, { key, item, unconfirmed: true });
}

/** Adds an entry at the end, in a new page if the last one is full. */
export function appended(conversation: Conversation, entry: Entry): Conversation {
  const last = conversation.pages.at(-1);
  const pages =
    last && last.entries.length < PAGE_SIZE
      ? [...conversation.pages.slice(0, -1), { ...last, entries: [...last.entries, entry] }]
      : [...conversation.pages, { id: (last?.id ?? -1) + 1, entries: [entry] }];
  return { ...conversation, pages };
}

/** Changes the last entry that is wanted; undefined if there is none. Changes happen near the end, so it is searched from there. */
export function changeEntry(
  conversation: Conversation,
  wanted: (entry: Entry) => boolean,
  change: (entry: Entry) => Entry,
): Conversation | undefined {
  for (let at = conversation.pages.length - 1; at >= 0; at--) {
    const page = conversation.pages[at];
    const entry = page?.entries.findLast(wanted);
    if (!page || !entry) continue;
    const entries = page.entries.map((present) => (present === entry ? change(entry) : present));
    return { ...conversation, pages: conversation.pages.map((present) => (present === page ? { ...page, entries } : present)) };
  }
  return undefined;
}

/** Changes or, with undefined, drops entries. Pages in which nothing changed keep their identity. */
export function mapEntries(conversation: Conversation, change: (entry: Entry) => Entry | undefined): Conversation {
  let touched = false;
  const pages = conversation.pages.map((page) => {
    const entries = page.entries.map(change).filter((entry) => entry !== undefined);
    const same = entries.length === page.entries.length && entries.every((entry, index) => entry === page.entries[index]);
    touched ||= !same;
    return same ? page : { ...page, entries };
  });
  return touched ? { ...conversation, pages: pages.filter((page) => page.entries.length > 0) } : conversation;
}

/** Drops everything after the entry with this key. */
export function cutAfter(conversation: Conversation, key: string): Conversation {
  const entries = entriesOf(conversation);
  const index = entries.findIndex((entry) => entry.key === key);
  if (index < 0) return conversation;
  const dropped = new Set(entries.slice(index + 1).map((entry) => entry.key));
  return mapEntries({ ...conversation, problem: null, notices: [] }, (entry) => (dropped.has(entry.key) ? undefined : entry));
}

/** Ends a turn: nothing that was still running when it ended will ever finish. */
export function turnEnded(conversation: Conversation): Conversation {
  const rested = mapEntries(conversation, (entry) => (isRunning(entry.item) ? { ...entry, ended: true } : entry));
  return { ...rested, progress: null, stoppable: true };
}

/** Whether a step of a workflow is under way, as far as the item itself says. */
export function isRunning(item: ThreadItem): boolean {
  return item.type === "workflow" && (item.workflow?.tasks ?? []).some((task) => task.status_indicator === "loading");
}

function pagesOf(entries: readonly Entry[], first: number): EntryPage[] {
  const pages: EntryPage[] = [];
  for (let at = 0; at < entries.length; at += PAGE_SIZE) {
    pages.push({ id: first + pages.length, entries: entries.slice(at, at + PAGE_SIZE) });
  }
  return pages;
}

function settledEntry(item: ThreadItem): Entry {
  return { key: item.id, item, ended: true };
}
