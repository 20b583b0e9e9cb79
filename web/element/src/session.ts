import { Announcer, type Speak } from "./announcer";
import { Context, type Emit } from "./context";
import { changeEntry, cutAfter, entriesOf, mapEntries, withUnsent, type Entry } from "./conversation";
import { explain, HttpError, NetworkError } from "./failure";
import { Files, readyFiles } from "./files";
import { isSameMessage, messageInput, plainText, type Draft } from "./message";
import type { Options } from "./options";
import type { Attachment, StreamingOperation, UserMessageInput } from "./protocol.gen";
import { readOlder } from "./reading";
import { isGone, ShownThread } from "./shown-thread";
import type { Again, Composer } from "./state";
import { ThreadList } from "./thread-list";
import { Turn } from "./turn";

/** A method was called while a response or a thread was under way. */
export class BusyError extends Error {
  override name = "BusyError";
}

const nothing: UserMessageInput = { content: [], attachments: [], inference_options: {} };

/** What a person or a page can do. Holds the state and the one running turn; draws nothing. */
export class Session {
  readonly context: Context;
  readonly shown: ShownThread;
  readonly list: ThreadList;
  readonly files: Files;
  readonly #announcer: Announcer;
  #turn: Turn | null = null;
  #turnDone: Promise<void> = Promise.resolve();
  #sent = 0;

  constructor(emit: Emit, speak: Speak) {
    this.context = new Context(emit);
    this.shown = new ShownThread(this.context);
    this.list = new ThreadList(this.context, () => this.#beginNew());
    this.files = new Files(this.context);
    this.#announcer = new Announcer(this.context.store, speak);
  }

  get configured(): boolean {
    return this.context.store.state.options !== null;
  }

  configure(options: Options): void {
    const first = !this.configured;
    this.context.store.set({ options });
    if (!first) return;
    const preferred = options.models.find((model) => model.default)?.id ?? null;
    this.compose({ modelId: preferred });
  }

  compose(change: Partial<Composer>): void {
    const before = this.context.store.state.composer;
    this.context.store.set({ composer: { ...before, ...change } });
    if (change.toolId !== undefined && change.toolId !== before.toolId) {
      this.context.emit("tool.change", { toolId: change.toolId });
    }
  }

  focusComposer(): void {
    this.list.hide();
    this.compose({ focus: this.context.store.state.composer.focus + 1 });
  }

  /** Sends what is in the composer; does nothing if that is nothing or a turn is running. */
  async submit(): Promise<void> {
    const { text, quote, toolId, modelId, files } = this.context.store.state.composer;
    const attachments = readyFiles(files);
    if (!attachments || this.context.busy) return;
    const input = messageInput({ text, quote, toolId, modelId, attachments: attachments.map(({ id }) => id) });
    if (!input) return;
    const tool = this.context.options.tools.find(({ id }) => id === toolId);
    this.compose({ text: "", quote: null, files: [], ...(!tool?.persistent && { toolId: null }) });
    this.context.log("composer.submit");
    await this.#send(input, attachments);
  }

  /** Sends a message that did not come from the composer. Nothing to send is an error of the caller. */
  async send(draft: Draft, newThread = false): Promise<void> {
    this.refuseIfBusy();
    const input = messageInput({ modelId: this.context.store.state.composer.modelId, ...draft });
    if (!input) throw new TypeError("openai-chatkit: the message is empty");
    this.list.hide();
    if (newThread) this.shown.clear();
    await this.#send(input);
  }

  /** Ends the running turn. What has come of the answer stays. */
  async stop(): Promise<void> {
    this.#turn?.stop();
    await this.#turnDone;
  }

  async newChat(): Promise<void> {
    await this.#beginNew();
    this.context.log("newChat.create");
    this.focusComposer();
  }

  /** For callers that must not interrupt: null is a new chat. */
  async setThread(id: string | null): Promise<void> {
    this.refuseIfBusy();
    this.list.hide();
    await (id === null ? this.#beginNew() : this.#open(id));
  }

  /** Shows the thread a page begins with. If it is gone, the page begins with a new chat, which is no error to show. */
  async openInitialThread(id: string): Promise<void> {
    const error = await this.shown.load(id);
    if (isGone(error)) this.dismissFailure();
    if (!error) await this.#comeBack();
  }

  /** Shows a thread that was picked from the list. */
  async pickThread(id: string): Promise<void> {
    this.list.hide();
    await this.#open(id).catch(() => {
      // Shown and reported where it happened.
    });
    this.focusComposer();
  }

  async fetchUpdates(): Promise<void> {
    this.refuseIfBusy();
    await this.shown.refresh();
    await this.#comeBack();
  }

  async sendAction(action: { type: string; payload?: unknown }, itemId: string | null): Promise<void> {
    this.refuseIfBusy();
    const { thread } = this.context.store.state.conversation;
    if (!thread) throw new Error("openai-chatkit: there is no active thread");
    const params = { thread_id: thread.id, action, ...(itemId !== null && { item_id: itemId }) };
    await this.#respond({ type: "threads.custom_action", params }, "", nothing);
  }

  /** Does again what failed. */
  async retry(): Promise<void> {
    const again = this.context.store.state.failure?.again;
    if (!again || this.context.busy) return;
    if (again.what === "load") return void (await this.shown.load(again.threadId));
    if (again.what === "answer") return this.answerAgain(again.key);
    if (again.mayBeStored && (await this.#adoptStored(again.key, again.input))) return this.answerAgain(again.key);
    return this.#resend(again.key, again.input);
  }

  /** Drops what came after a message of the user and asks for a new answer to it. */
  async answerAgain(key: string): Promise<void> {
    const { conversation } = this.context.store.state;
    const item = entriesOf(conversation).find((entry) => entry.key === key)?.item;
    if (!conversation.thread || item?.type !== "user_message" || this.context.busy) return;
    this.context.store.set({ conversation: cutAfter(conversation, key) });
    const { content, quoted_text, inference_options } = item;
    const input = { content, attachments: item.attachments?.map(({ id }) => id) ?? [], quoted_text, inference_options };
    const params = { thread_id: conversation.thread.id, item_id: item.id };
    await this.#respond({ type: "threads.retry_after_item", params }, key, input);
  }

  async feedback(itemIds: string[], kind: "positive" | "negative"): Promise<void> {
    const { thread } = this.context.store.state.conversation;
    if (!thread) return;
    try {
      await this.context.api.plain("items.feedback", { thread_id: thread.id, item_ids: itemIds, kind });
    } catch (error) {
      this.context.report(error, null);
      throw error;
    }
  }

  dismissFailure(): void {
    this.context.store.set({ failure: null });
  }

  refuseIfBusy(): void {
    if (this.context.busy) throw new BusyError("openai-chatkit: a response or a thread is still loading");
  }

  /** Lets go of the network; the state stays, should the element come back. */
  close(): void {
    this.#turn?.stop();
    this.files.close();
    this.#announcer.stop();
    this.shown.close();
  }

  async #beginNew(): Promise<void> {
    await this.stop();
    this.shown.clear();
    this.context.emit("thread.change", { threadId: null });
  }

  /** Shows a thread; the one that is shown already is left as it is, unless reading it had failed. */
  async #open(id: string): Promise<void> {
    const { conversation, failure } = this.context.store.state;
    const current = conversation.thread?.id === id;
    if (current && failure?.again?.what !== "load") return;
    await this.stop();
    if (!current) this.context.emit("thread.change", { threadId: id });
    const error = await this.shown.load(id);
    if (error) throw error;
  }

  async #send(input: UserMessageInput, attachments: readonly Attachment[] = []): Promise<void> {
    this.#sent += 1;
    await this.#resend(`unsent-${this.#sent}`, input, attachments);
  }

  /** Sends, drawing the bubble unless it is still there from an attempt before. */
  async #resend(key: string, input: UserMessageInput, attachments: readonly Attachment[] = []): Promise<void> {
    const { conversation, composer } = this.context.store.state;
    if (composer.text.trim() === plainText(input.content)) this.compose({ text: "" });
    const drawn = entriesOf(conversation).some((entry) => entry.key === key);
    const shown = drawn ? cutAfter(conversation, key) : withUnsent(conversation, key, input, new Date(), attachments);
    this.context.store.set({ conversation: shown });
    const { thread } = conversation;
    const request: StreamingOperation = thread
      ? { type: "threads.add_user_message", params: { thread_id: thread.id, input } }
      : { type: "threads.create", params: { input } };
    await this.#respond(request, key, input);
  }

  /** Shows the answer that is still being given in the thread, after a reload for instance. Does not wait for its end. */
  async #comeBack(): Promise<void> {
    const { thread } = this.context.store.state.conversation;
    const { signal } = this.shown;
    if (!thread || this.context.busy) return;
    const turnId = await this.context.api.runningTurn(thread.id, signal);
    if (turnId === null || signal.aborted || this.context.busy) return;
    void this.#attend((turn) => turn.resume(turnId), "", nothing);
  }

  async #respond(request: StreamingOperation, key: string, input: UserMessageInput): Promise<void> {
    await this.#attend((turn) => turn.run(request, key, input), key, input);
  }

  async #attend(follow: (turn: Turn) => Promise<Error | null>, key: string, input: UserMessageInput): Promise<void> {
    const { store, emit } = this.context;
    const turn = new Turn(this.context);
    this.#turn = turn;
    store.set({ responding: true, failure: null });
    this.#announcer.begin();
    emit("response.start");
    const finish = async () => {
      const error = await follow(turn);
      this.#turn = null;
      store.set({ responding: false });
      if (error) this.#fail(error, key, input);
      this.#announcer.end({ stopped: turn.stopped, failed: error !== null });
      emit("response.end");
    };
    this.#turnDone = finish();
    await this.#turnDone;
  }

  #fail(error: Error, key: string, input: UserMessageInput): void {
    const { store, options } = this.context;
    const entry = entriesOf(store.state.conversation).find((candidate) => candidate.key === key);
    const { retryable } = explain(error, options.strings);
    const rejected = error instanceof HttpError && (error.status === 401 || !retryable);
    if (entry?.unconfirmed && rejected) this.#giveBack(entry);
    this.context.report(error, retryable ? againFor(entry, error, input) : null);
  }

  /** A message the server would not take goes back to where it was written. */
  #giveBack(entry: Entry): void {
    const { store } = this.context;
    const { content, attachments } = entry.item.type === "user_message" ? entry.item : nothing;
    const { conversation, composer } = store.state;
    if (composer.text.trim() === "") this.compose({ text: plainText(content) });
    if (composer.files.length === 0) this.files.adopt((attachments ?? []).filter((file) => typeof file !== "string"));
    store.set({ conversation: mapEntries(conversation, (each) => (each.key === entry.key ? undefined : each)) });
  }

  /** Looks for a message that was sent when the connection broke, so that it is not sent twice. */
  async #adoptStored(key: string, input: UserMessageInput): Promise<boolean> {
    const { store, api } = this.context;
    const { conversation } = store.state;
    if (!conversation.thread) return false;
    const known = new Set(entriesOf(conversation).map((entry) => entry.item.id));
    const newest = await readOlder(api, conversation.thread.id, null, this.shown.signal).catch(() => null);
    const item = newest?.items.findLast((candidate) => !known.has(candidate.id) && isSameMessage(candidate, input));
    const adopted = item && changeEntry(conversation, (entry) => entry.key === key, () => ({ key, item }));
    if (adopted) store.set({ conversation: adopted });
    return adopted !== undefined;
  }
}

function againFor(entry: Entry | undefined, error: Error, input: UserMessageInput): Again | null {
  if (!entry) return null;
  if (!entry.unconfirmed) return { what: "answer", key: entry.key };
  return { what: "send", key: entry.key, input, mayBeStored: error instanceof NetworkError };
}
