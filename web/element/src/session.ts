import { Announcer } from "./announcer";
import { Api } from "./api";
import {
  changeEntry,
  cutAfter,
  emptyConversation,
  entriesOf,
  loadedConversation,
  mapEntries,
  refreshed,
  withOlder,
  withUnsent,
  type Entry,
} from "./conversation";
import { keepDraft, takeDraft } from "./drafts";
import { asError, explain, HttpError, NetworkError } from "./failure";
import { isSameMessage, messageInput, plainText, type Draft } from "./message";
import type { Options } from "./options";
import type { StreamingRequest, Thread, UserMessageInput } from "./protocol";
import { readOlder, readThread, readThreads } from "./reading";
import { initialState, type Again, type Composer, type State } from "./state";
import { Store } from "./store";
import { Turn, type Emit } from "./turn";

/** A method was called while a response or a thread was under way. */
export class BusyError extends Error {
  override name = "BusyError";
}

/** What a person or a page can do. Holds the store and the one running turn; draws nothing. */
export class Session {
  readonly store = new Store<State>(initialState);
  readonly #api: Api;
  readonly #announcer = new Announcer(this.store);
  #turn: Turn | null = null;
  #turnDone: Promise<void> = Promise.resolve();
  #reading = new AbortController();
  #sent = 0;

  constructor(readonly emit: Emit) {
    this.#api = new Api(() => this.options, (error) => this.emit("error", { error }));
  }

  get options(): Options {
    const { options } = this.store.state;
    if (!options) throw new Error("openai-chatkit: setOptions has not been called");
    return options;
  }

  get busy(): boolean {
    return this.store.state.responding || this.store.state.loading !== null;
  }

  get configured(): boolean {
    return this.store.state.options !== null;
  }

  configure(options: Options): void {
    const first = this.store.state.options === null;
    this.store.set({ options });
    if (!first) return;
    const preferred = options.models.find((model) => model.default)?.id ?? null;
    this.compose({ text: takeDraft(options.url), modelId: preferred });
  }

  compose(change: Partial<Composer>): void {
    const before = this.store.state.composer;
    this.store.set({ composer: { ...before, ...change } });
    if (change.toolId !== undefined && change.toolId !== before.toolId) {
      this.emit("tool.change", { toolId: change.toolId });
    }
  }

  focusComposer(): void {
    this.store.set({ view: "conversation" });
    this.compose({ focus: this.store.state.composer.focus + 1 });
  }

  /** Sends what is in the composer; does nothing if that is nothing or a turn is running. */
  async submit(): Promise<void> {
    const { text, quote, toolId, modelId } = this.store.state.composer;
    const input = messageInput({ text, quote, toolId, modelId });
    if (!input || this.busy) return;
    const tool = this.options.tools.find(({ id }) => id === toolId);
    this.compose({ text: "", quote: null, ...(!tool?.persistent && { toolId: null }) });
    this.emitLog("composer.submit");
    await this.#send(input);
  }

  /** Sends a message that did not come from the composer. Nothing to send is an error of the caller. */
  async send(draft: Draft, newThread = false): Promise<void> {
    this.#refuseIfBusy();
    const input = messageInput({ modelId: this.store.state.composer.modelId, ...draft });
    if (!input) throw new TypeError("openai-chatkit: the message is empty");
    if (newThread) this.#startNew();
    await this.#send(input);
  }

  /** Ends the running turn. What has come of the answer stays. */
  async stop(): Promise<void> {
    this.#turn?.stop();
    await this.#turnDone;
  }

  async newChat(): Promise<void> {
    await this.stop();
    this.#startNew();
    this.emitLog("newChat.create");
    this.emit("thread.change", { threadId: null });
    this.focusComposer();
  }

  /** For callers that must not interrupt: null is a new chat. */
  async setThread(id: string | null): Promise<void> {
    this.#refuseIfBusy();
    this.hideHistory();
    if (id !== null) return this.openThread(id);
    this.#startNew();
    this.emit("thread.change", { threadId: null });
  }

  /** Shows a thread; the one that is shown already is left as it is, unless reading it had failed. */
  async openThread(id: string): Promise<void> {
    const { conversation, failure } = this.store.state;
    if (conversation.thread?.id === id && failure?.again?.what !== "load") return;
    await this.stop();
    if (conversation.thread?.id !== id) this.emit("thread.change", { threadId: id });
    const error = await this.#load(id);
    if (error) throw error;
  }

  /** Shows the thread a page begins with. If it is gone, the page begins with a new chat, which is no error to show. */
  async openInitialThread(id: string): Promise<void> {
    const error = await this.#load(id);
    if (error instanceof HttpError && error.status === 404) this.store.set({ failure: null });
  }

  async loadOlder(): Promise<void> {
    const { conversation, loadingOlder } = this.store.state;
    if (!conversation.thread || conversation.older === null || loadingOlder) return;
    const { signal } = this.#reading;
    this.store.set({ loadingOlder: true });
    try {
      const { items, older } = await readOlder(this.#api, conversation.thread.id, conversation.older, signal);
      if (!signal.aborted) this.store.set({ conversation: withOlder(this.store.state.conversation, items, older) });
    } catch (error) {
      if (!signal.aborted) this.#report(error, null);
    } finally {
      this.store.set({ loadingOlder: false });
    }
  }

  /** Takes over what has changed on the server behind the panel's back. */
  async fetchUpdates(): Promise<void> {
    this.#refuseIfBusy();
    const { thread } = this.store.state.conversation;
    if (!thread) return;
    const { signal } = this.#reading;
    try {
      const reading = await readThread(this.#api, thread.id, signal);
      if (signal.aborted || this.busy) return;
      const conversation = refreshed(this.store.state.conversation, reading.thread, reading.items, reading.older);
      this.store.set({ conversation });
    } catch (error) {
      this.emit("error", { error: asError(error) });
      throw error;
    }
  }

  async sendAction(action: { type: string; payload?: unknown }, itemId: string | null): Promise<void> {
    this.#refuseIfBusy();
    const { thread } = this.store.state.conversation;
    if (!thread) throw new Error("openai-chatkit: there is no active thread");
    const request = { type: "threads.custom_action", params: { thread_id: thread.id, item_id: itemId, action } } as const;
    await this.#respond(request, "", { content: [], attachments: [], inference_options: {} });
  }

  /** Does again what failed. */
  async retry(): Promise<void> {
    const again = this.store.state.failure?.again;
    if (!again || this.busy) return;
    if (again.what === "load") return void (await this.#load(again.threadId));
    if (again.what === "answer") return this.answerAgain(again.key);
    const stored = again.mayBeStored ? await this.#findStored(again.input) : null;
    if (!stored) return this.#resend(again.key, again.input);
    const { conversation } = this.store.state;
    const adopted = changeEntry(conversation, (entry) => entry.key === again.key, (entry) => ({ key: entry.key, item: stored.item }));
    this.store.set({ conversation: adopted ?? conversation });
    return this.answerAgain(again.key);
  }

  /** Drops what came after a message of the user and asks for a new answer to it. */
  async answerAgain(key: string): Promise<void> {
    const { conversation } = this.store.state;
    const item = entriesOf(conversation).find((entry) => entry.key === key)?.item;
    if (!conversation.thread || item?.type !== "user_message" || this.busy) return;
    this.store.set({ conversation: cutAfter(conversation, key) });
    const input = messageInput({ content: item.content, attachments: item.attachments?.map(({ id }) => id) ?? [] });
    const params = { thread_id: conversation.thread.id, item_id: item.id };
    if (input) await this.#respond({ type: "threads.retry_after_item", params }, key, input);
  }

  async feedback(itemIds: string[], kind: "positive" | "negative"): Promise<void> {
    const { thread } = this.store.state.conversation;
    if (!thread) return;
    try {
      await this.#api.plain("items.feedback", { thread_id: thread.id, item_ids: itemIds, kind });
    } catch (error) {
      this.#report(error, null);
      throw error;
    }
  }

  showHistory(): void {
    if (this.store.state.view === "history") return;
    this.store.set({ view: "history" });
    this.emit("history.open");
    void this.loadHistory();
  }

  hideHistory(): void {
    if (this.store.state.view !== "history") return;
    this.store.set({ view: "conversation" });
    this.emit("history.close");
  }

  async loadHistory(): Promise<void> {
    const { threads } = this.store.state.history;
    this.store.set({ history: { threads, status: "loading" } });
    try {
      this.store.set({ history: { threads: await readThreads(this.#api), status: "loaded" } });
    } catch (error) {
      this.store.set({ history: { threads, status: "failed" } });
      this.emit("error", { error: asError(error) });
    }
  }

  async pickThread(id: string): Promise<void> {
    this.hideHistory();
    await this.openThread(id).catch(() => {
      // Shown and reported where it happened.
    });
    this.focusComposer();
  }

  async renameThread(thread: Thread, title: string): Promise<void> {
    const name = (to: string | null | undefined) => {
      const { history, conversation } = this.store.state;
      const threads = history.threads.map((each) => (each.id === thread.id ? { ...each, title: to ?? null } : each));
      const current = conversation.thread;
      const renamed = current?.id === thread.id ? { ...conversation, thread: { ...current, title: to ?? null } } : conversation;
      this.store.set({ history: { ...history, threads }, conversation: renamed });
    };
    name(title);
    await this.#api.plain("threads.update", { thread_id: thread.id, title }).catch((error: unknown) => {
      name(thread.title);
      this.#report(error, null);
    });
  }

  async deleteThread(thread: Thread): Promise<void> {
    try {
      await this.#api.plain("threads.delete", { thread_id: thread.id });
    } catch (error) {
      return this.#report(error, null);
    }
    const { history, conversation } = this.store.state;
    this.store.set({ history: { ...history, threads: history.threads.filter(({ id }) => id !== thread.id) } });
    if (conversation.thread?.id !== thread.id) return;
    await this.stop();
    this.#startNew();
    this.emit("thread.change", { threadId: null });
  }

  /** Says to the page what happened, for its logs; never what was written. */
  emitLog(name: string): void {
    this.emit("log", { name });
  }

  dismissFailure(): void {
    this.store.set({ failure: null });
  }

  /** Lets go of the network; the state stays, should the element come back. */
  close(): void {
    this.#turn?.stop();
    this.#reading.abort();
    this.#reading = new AbortController();
    this.#announcer.stop();
    const { loading, options } = this.store.state;
    if (loading === null || !options) return;
    this.store.set({ loading: null, failure: { text: options.strings.problem.network, again: { what: "load", threadId: loading } } });
  }

  #refuseIfBusy(): void {
    if (this.busy) throw new BusyError("openai-chatkit: a response or a thread is still loading");
  }

  #startNew(): void {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.store.set({ conversation: emptyConversation, failure: null, loading: null });
  }

  async #send(input: UserMessageInput): Promise<void> {
    this.#sent += 1;
    await this.#resend(`unsent-${this.#sent}`, input);
  }

  /** Sends, drawing the bubble unless it is still there from an attempt before. */
  async #resend(key: string, input: UserMessageInput): Promise<void> {
    const { conversation, composer } = this.store.state;
    if (composer.text.trim() === plainText(input.content)) this.compose({ text: "" });
    const drawn = entriesOf(conversation).some((entry) => entry.key === key);
    this.store.set({
      conversation: drawn ? cutAfter(conversation, key) : withUnsent(conversation, key, input, new Date()),
    });
    const { thread } = conversation;
    await this.#respond(
      thread
        ? { type: "threads.add_user_message", params: { thread_id: thread.id, input } }
        : { type: "threads.create", params: { input } },
      key,
      input,
    );
  }

  async #respond(request: StreamingRequest, key: string, input: UserMessageInput): Promise<void> {
    const turn = new Turn(this.#api, this.store, this.emit);
    this.#turn = turn;
    this.store.set({ responding: true, failure: null });
    this.#announcer.begin();
    this.emit("response.start");
    const finish = async () => {
      const error = await turn.run(request, key, input);
      this.#turn = null;
      this.store.set({ responding: false });
      if (error) this.#fail(error, key, input);
      this.#announcer.end({ stopped: turn.stopped, failed: error !== null });
      this.emit("response.end");
    };
    this.#turnDone = finish();
    await this.#turnDone;
  }

  #fail(error: Error, key: string, input: UserMessageInput): void {
    const entry = entriesOf(this.store.state.conversation).find((candidate) => candidate.key === key);
    const { retryable } = explain(error, this.options.strings);
    const rejected = error instanceof HttpError && (error.status === 401 || !retryable);
    if (entry?.unconfirmed && rejected) this.#giveBack(entry, error);
    this.#report(error, retryable ? againFor(entry, error, input) : null);
  }

  /** A message the server would not take goes back to where it was written. */
  #giveBack(entry: Entry, error: HttpError): void {
    const text = entry.item.type === "user_message" ? plainText(entry.item.content) : "";
    const { conversation, composer } = this.store.state;
    if (composer.text.trim() === "") this.compose({ text });
    if (error.status === 401) keepDraft(this.options.url, this.store.state.composer.text);
    this.store.set({ conversation: mapEntries(conversation, (each) => (each.key === entry.key ? undefined : each)) });
  }

  #report(thrown: unknown, again: Again | null): void {
    const error = asError(thrown);
    this.store.set({ failure: { text: explain(error, this.options.strings).text, again } });
    this.emit("error", { error });
  }

  async #load(id: string): Promise<Error | null> {
    this.#startNew();
    const { signal } = this.#reading;
    const named = { id, created_at: "", status: { type: "active" }, items: { data: [], has_more: false } } as const;
    this.store.set({ loading: id, conversation: { ...emptyConversation, thread: { ...named, items: { data: [], has_more: false } } } });
    this.emit("thread.load.start", { threadId: id });
    try {
      const { thread, items, older } = await readThread(this.#api, id, signal);
      if (!signal.aborted) this.store.set({ loading: null, conversation: loadedConversation(thread, items, older) });
      return null;
    } catch (thrown) {
      return signal.aborted ? null : this.#loadFailed(id, asError(thrown));
    } finally {
      this.emit("thread.load.end", { threadId: id });
    }
  }

  #loadFailed(id: string, error: Error): Error {
    const gone = error instanceof HttpError && error.status === 404;
    this.store.set({ loading: null });
    if (gone) this.#startNew();
    const { retryable } = explain(error, this.options.strings);
    this.#report(error, retryable ? { what: "load", threadId: id } : null);
    if (gone) this.emit("thread.change", { threadId: null });
    return error;
  }

  /** Looks for a message that was sent when the connection broke, so that it is not sent twice. */
  async #findStored(input: UserMessageInput): Promise<Entry | null> {
    const { conversation } = this.store.state;
    if (!conversation.thread) return null;
    const known = new Set(entriesOf(conversation).map((entry) => entry.item.id));
    const { items } = await readOlder(this.#api, conversation.thread.id, null, this.#reading.signal).catch(() => ({ items: [] }));
    const stored = items.findLast((item) => !known.has(item.id) && isSameMessage(item, input));
    return stored ? { key: stored.id, item: stored } : null;
  }
}

function againFor(entry: Entry | undefined, error: Error, input: UserMessageInput): Again | null {
  if (!entry) return null;
  if (!entry.unconfirmed) return { what: "answer", key: entry.key, itemId: entry.item.id, input };
  return { what: "send", key: entry.key, input, mayBeStored: error instanceof NetworkError };
}
