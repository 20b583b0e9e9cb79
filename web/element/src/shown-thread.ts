import type { Context } from "./context";
import { emptyConversation, loadedConversation, refreshed, withOlder, type Conversation } from "./conversation";
import { asError, explain, HttpError } from "./failure";
import { readOlder, readThread } from "./reading";

/** Which thread the panel shows, and reading it. A newer reading ends the one before. */
export class ShownThread {
  #reading = new AbortController();

  constructor(private readonly context: Context) {}

  /** Fires when another thread is shown. */
  get signal(): AbortSignal {
    return this.#reading.signal;
  }

  clear(): void {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.context.store.set({ conversation: emptyConversation, failure: null, loading: null, loadingOlder: false });
  }

  /** Resolves with what went wrong, which the person has been told, or null. */
  async load(id: string): Promise<Error | null> {
    const { store, emit, api } = this.context;
    this.clear();
    const { signal } = this;
    store.set({ loading: id, conversation: unread(id) });
    emit("thread.load.start", { threadId: id });
    let error: Error | null = null;
    try {
      const { thread, items, older } = await readThread(api, id, signal);
      if (!signal.aborted) store.set({ loading: null, conversation: loadedConversation(thread, items, older) });
    } catch (thrown) {
      if (!signal.aborted) error = this.#failed(id, asError(thrown));
    }
    emit("thread.load.end", { threadId: id });
    if (isGone(error)) emit("thread.change", { threadId: null });
    return error;
  }

  async loadOlder(): Promise<void> {
    const { store, api } = this.context;
    const { conversation, loadingOlder } = store.state;
    if (!conversation.thread || conversation.older === null || loadingOlder) return;
    const { signal } = this;
    store.set({ loadingOlder: true });
    try {
      const { items, older } = await readOlder(api, conversation.thread.id, conversation.older, signal);
      if (!signal.aborted) store.set({ loadingOlder: false, conversation: withOlder(store.state.conversation, items, older) });
    } catch (error) {
      if (signal.aborted) return;
      store.set({ loadingOlder: false });
      this.context.report(error, null);
    }
  }

  /** Takes over what has changed on the server behind the panel's back. */
  async refresh(): Promise<void> {
    const { store, api, emit } = this.context;
    const { thread } = store.state.conversation;
    if (!thread) return;
    const { signal } = this;
    try {
      const reading = await readThread(api, thread.id, signal);
      if (signal.aborted || this.context.busy) return;
      store.set({ conversation: refreshed(store.state.conversation, reading.thread, reading.items, reading.older) });
    } catch (error) {
      emit("error", { error: asError(error) });
      throw error;
    }
  }

  /** Lets go of the network. A thread that was being read can be read again. */
  close(): void {
    const { store } = this.context;
    const { loading } = store.state;
    this.#reading.abort();
    this.#reading = new AbortController();
    if (loading === null) return;
    const { network } = this.context.options.strings.problem;
    store.set({ loading: null, failure: { text: network, again: { what: "load", threadId: loading } } });
  }

  #failed(id: string, error: Error): Error {
    if (isGone(error)) this.clear();
    else this.context.store.set({ loading: null });
    const { retryable } = explain(error, this.context.options.strings);
    this.context.report(error, retryable ? { what: "load", threadId: id } : null);
    return error;
  }
}

export function isGone(error: Error | null): boolean {
  return error instanceof HttpError && error.status === 404;
}

/** A thread of which only the id is known yet. */
function unread(id: string): Conversation {
  const thread = { id, created_at: "", status: { type: "active" as const }, items: { data: [], has_more: false }, metadata: {} };
  return { ...emptyConversation, thread };
}
