import type { Context } from "./context";
import { asError } from "./failure";
import type { Thread } from "./protocol.gen";
import { readThreads } from "./reading";

/** The list of chats behind the History button. */
export class ThreadList {
  constructor(
    private readonly context: Context,
    /** Called when the chat on the page has been deleted. */
    private readonly lostShown: () => Promise<void>,
  ) {}

  show(): void {
    const { store, emit } = this.context;
    if (store.state.view === "history") return;
    store.set({ view: "history" });
    emit("history.open");
    this.context.log("history.open");
    void this.load();
  }

  hide(): void {
    const { store, emit } = this.context;
    if (store.state.view !== "history") return;
    store.set({ view: "conversation" });
    emit("history.close");
    this.context.log("history.close");
  }

  async load(): Promise<void> {
    const { store, api, emit } = this.context;
    const { threads } = store.state.history;
    store.set({ history: { threads, status: "loading" } });
    try {
      store.set({ history: { threads: await readThreads(api), status: "loaded" } });
    } catch (error) {
      store.set({ history: { threads, status: "failed" } });
      emit("error", { error: asError(error) });
    }
  }

  /** Shows the new title at once, and the old one again if the server does not take it. */
  async rename(thread: Thread, title: string): Promise<void> {
    this.#retitle(thread.id, title);
    try {
      await this.context.api.plain("threads.update", { thread_id: thread.id, title });
    } catch (error) {
      this.#retitle(thread.id, thread.title);
      this.context.report(error, null);
    }
  }

  async remove(thread: Thread): Promise<void> {
    const { store, api } = this.context;
    try {
      await api.plain("threads.delete", { thread_id: thread.id });
    } catch (error) {
      return this.context.report(error, null);
    }
    const { history, conversation } = store.state;
    store.set({ history: { ...history, threads: history.threads.filter(({ id }) => id !== thread.id) } });
    if (conversation.thread?.id === thread.id) await this.lostShown();
  }

  #retitle(id: string, title: string | undefined): void {
    const { store } = this.context;
    const { history, conversation } = store.state;
    const renamed = (thread: Thread) => (thread.id === id ? { ...thread, title } : thread);
    store.set({
      history: { ...history, threads: history.threads.map(renamed) },
      conversation: conversation.thread ? { ...conversation, thread: renamed(conversation.thread) } : conversation,
    });
  }
}
