import type { Context } from "./context";
import { changeEntry, lastEntry, turnEnded, type Conversation } from "./conversation";
import { asError, HttpError, StreamError, StreamEventParsingError } from "./failure";
import { onNextFrame } from "./frame";
import type { StreamingOperation, ThreadItem, ThreadStreamEvent, UserMessageInput } from "./protocol.gen";
import { reduce } from "./reduce";

type ClientToolCall = Extract<ThreadItem, { type: "client_tool_call" }>;

/** Runs one turn: follows its stream, answers client tool calls, and shows what comes at most once per frame. */
export class Turn {
  readonly #abort = new AbortController();
  #queue: ThreadStreamEvent[] = [];
  #cancelFrame: (() => void) | null = null;
  #sawText = false;

  constructor(private readonly context: Context) {}

  get stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  stop(): void {
    this.#abort.abort();
  }

  /**
   * Resolves with what went wrong, or null. `key` names the entry of the user's message, `input` its content for the
   * case that the server can only be asked by sending it again.
   */
  run(first: StreamingOperation, key: string, input: UserMessageInput): Promise<Error | null> {
    return this.#through(() => this.#follow(first).catch((error: unknown) => this.#sendAgain(error, first, key, input)));
  }

  /** Comes back to a turn that runs already. Resolves with what went wrong, or null. */
  resume(turnId: string): Promise<Error | null> {
    return this.#through(() => this.#take(this.context.api.resume(turnId, this.#abort.signal)));
  }

  async #through(begin: () => Promise<void>): Promise<Error | null> {
    try {
      await begin();
      for (let call = this.#pendingCall(); call && !this.stopped; call = this.#pendingCall()) await this.#answerCall(call);
      const { problem } = this.context.store.state.conversation;
      return problem && new StreamError(problem);
    } catch (error) {
      return this.stopped ? null : asError(error);
    } finally {
      this.#flush();
      this.context.store.set({ conversation: turnEnded(this.context.store.state.conversation) });
    }
  }

  /** A server that cannot answer a stored message anew can still answer a new one with the same words. */
  async #sendAgain(error: unknown, request: StreamingOperation, key: string, input: UserMessageInput): Promise<void> {
    const unsupported = error instanceof HttpError && error.status === 501;
    if (request.type !== "threads.retry_after_item" || !unsupported) throw error;
    const { conversation } = this.context.store.state;
    const reopened = changeEntry(conversation, (entry) => entry.key === key, (entry) => ({ ...entry, unconfirmed: true }));
    this.context.store.set({ conversation: reopened ?? conversation });
    await this.#follow({ type: "threads.add_user_message", params: { thread_id: request.params.thread_id, input } });
  }

  async #follow(request: StreamingOperation): Promise<void> {
    await this.#take(this.context.api.stream(request, this.#abort.signal));
  }

  async #take(events: AsyncIterable<ThreadStreamEvent>): Promise<void> {
    for await (const event of events) {
      if (this.stopped) break;
      this.#receive(event);
    }
    this.#flush();
  }

  #receive(event: ThreadStreamEvent): void {
    if (event.type === "client_effect") return this.context.emit("effect", { name: event.name, data: event.data ?? {} });
    if (event.type === "thread.item.updated") this.#markFirstText(event.update?.type ?? "");
    this.#queue.push(event);
    if (event.type === "thread.created") {
      this.#flush();
      return this.context.emit("thread.change", { threadId: event.thread.id });
    }
    this.#cancelFrame ??= onNextFrame(() => this.#flush());
  }

  #markFirstText(update: string): void {
    if (this.#sawText || !update.endsWith("text_delta")) return;
    this.#sawText = true;
    performance.mark("chat:first-delta");
  }

  #flush(): void {
    this.#cancelFrame?.();
    this.#cancelFrame = null;
    if (this.#queue.length === 0) return;
    const events = this.#queue;
    this.#queue = [];
    const conversation = events.reduce((at, event) => this.#apply(at, event), this.context.store.state.conversation);
    this.context.store.set({ conversation });
  }

  /** An event that lacks what its type promises must not take the turn down. */
  #apply(conversation: Conversation, event: ThreadStreamEvent): Conversation {
    try {
      return reduce(conversation, event);
    } catch (cause) {
      this.context.emit("error", { error: new StreamEventParsingError(`an event ${event.type} could not be read`, { cause }) });
      return conversation;
    }
  }

  #pendingCall(): ClientToolCall | null {
    const item = lastEntry(this.context.store.state.conversation)?.item;
    return item?.type === "client_tool_call" && item.status === "pending" ? item : null;
  }

  async #answerCall(call: ClientToolCall): Promise<void> {
    const result = await this.#callPage(call);
    const { conversation } = this.context.store.state;
    const done = changeEntry(
      conversation,
      (entry) => entry.item.id === call.id,
      (entry) => ({ ...entry, item: { ...call, status: "completed" } }),
    );
    this.context.store.set({ conversation: done ?? conversation });
    if (this.stopped) return;
    await this.#follow({ type: "threads.add_client_tool_output", params: { thread_id: call.thread_id, result } });
  }

  /** What the page's tool returns; if it throws, the server learns that instead. */
  async #callPage(call: ClientToolCall): Promise<unknown> {
    const tool = this.context.store.state.options?.onClientTool;
    try {
      if (!tool) throw new Error("this page has no client tools");
      return (await tool({ name: call.name, params: call.arguments ?? {} })) ?? {};
    } catch (error) {
      this.context.emit("error", { error: asError(error) });
      return { error: asError(error).message };
    }
  }
}
