import type { Summary, Task, TaskPage } from "../api/answers";
import type { Client } from "../api/client";
import { inWords, isStatus } from "../api/errors";
import { Store } from "../store";
import { showToast } from "../toasts";
import {
  EMPTY,
  abandon,
  absorb,
  begin,
  confirm,
  draftOf,
  forget,
  isDraft,
  replaceAll,
  shown,
  type Change,
  type Ledger,
  type Operation,
} from "./operations";

/** The server gives fewer at once if it likes. */
const PAGE = 200;
/** More tasks than this are read when the person asks for them. */
const PAGES_AT_ONCE = 5;
/** More changed tasks than this are read as a whole list. */
const ONE_BY_ONE = 12;
const HIGHLIGHT_MS = 2_000;
const UNDO_SECONDS = 10;

export interface TaskView {
  /** `failed` is about the last reading of the list; tasks read before are still there. */
  phase: "loading" | "ready" | "failed";
  problem: string;
  tasks: readonly Task[];
  /** Where reading goes on, when the person has more tasks than were read. */
  next: string | undefined;
  summary: Summary | undefined;
  /** Tasks that somebody else just changed. */
  highlighted: ReadonlySet<string>;
}

const NOTHING: TaskView = {
  phase: "loading",
  problem: "",
  tasks: [],
  next: undefined,
  summary: undefined,
  highlighted: new Set(),
};

/** Distributes over the kinds, so that each operation keeps its own fields. */
type Wish<Any = Operation> = Any extends Operation ? Omit<Any, "key"> : never;

/** The person's tasks: reads them, shows each change at once, and takes it back in words when the server refuses. */
export class TaskList {
  readonly view = new Store<TaskView>(NOTHING);
  #client: Client;
  #ledger: Ledger = EMPTY;
  #keys = 0;
  #loads = 0;
  /** The last request about each task: the next one waits until it is answered and the answer taken in. */
  #last = new Map<string, Promise<unknown>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Forgets everything, for the next person. */
  clear(): void {
    this.#ledger = EMPTY;
    this.view.set(NOTHING);
  }

  async load(): Promise<void> {
    const number = ++this.#loads;
    const before = this.#ledger;
    try {
      const { tasks, next } = await this.#read(undefined);
      // A later reading knows more.
      if (number !== this.#loads) return;
      this.#change((ledger) => replaceAll(ledger, before, tasks), { phase: "ready", next });
    } catch (error) {
      // When the session is over, this list is nobody's, or the next person's.
      if (isStatus(error, 401)) return;
      this.#show({ phase: "failed", problem: inWords(error) });
    }
    await this.#count();
  }

  async loadMore(): Promise<void> {
    try {
      const { tasks, next } = await this.#read(this.view.get().next);
      this.#change((ledger) => absorb(ledger, tasks), { next });
    } catch (error) {
      showToast({ text: inWords(error) });
    }
  }

  /** Reads tasks that changed elsewhere. */
  async refresh(ids: readonly string[], { highlight = false } = {}): Promise<void> {
    if (ids.length > ONE_BY_ONE) await this.load();
    else await Promise.all([...ids.map((id) => this.#refreshOne(id)), this.#count()]);
    if (highlight) this.#highlight(ids);
  }

  /** The task with this id, read if it is not known yet. Throws what the server says. */
  async find(id: string): Promise<Task> {
    const known = this.#ledger.confirmed.get(id);
    if (known) return known;
    const task = await this.#client.get<Task>(address(id));
    this.#change((ledger) => absorb(ledger, [task]));
    return task;
  }

  async add(title: string): Promise<boolean> {
    const task = draftOf(++this.#keys, title);
    return this.#attempt({ kind: "add", task }, () => this.#client.post<Task>("/api/tasks", { title }));
  }

  setCompleted({ id }: Task, completed: boolean): Promise<boolean> {
    return this.#attempt({ kind: "change", id, change: { completed } }, () =>
      completed
        ? this.#client.patch<Task>(address(id, "/complete"))
        : this.#client.post<Task>(address(id, "/reopen")),
    );
  }

  /**
   * Changes the words of a task that the person saw as `seen`. Throws what the server says, a conflict too: whoever edits wants
   * to keep what was typed. It is a conflict only if the words changed since; that the task was completed is none.
   */
  async edit(seen: Task, change: Change): Promise<void> {
    const save = () => this.#client.patch<Task>(address(seen.id), { ...change, version: this.#versionOf(seen) });
    await this.#inOrder(seen.id, async () => {
      const task = await save().catch(async (error: unknown) => {
        if (!isStatus(error, 409)) throw error;
        await this.#refreshOne(seen.id);
        if (this.#versionOf(seen) === seen.version) throw error;
        return save();
      });
      this.#change((ledger) => absorb(ledger, [task]));
    });
  }

  /** The newest version that still has the words that were seen. */
  #versionOf(seen: Task): number {
    const known = this.#ledger.confirmed.get(seen.id);
    const same = known?.title === seen.title && known.description === seen.description;
    return same ? known.version : seen.version;
  }

  async remove(task: Task): Promise<void> {
    const removed = await this.#attempt({ kind: "remove", id: task.id }, () => this.#client.delete(address(task.id)));
    if (!removed) return;
    const undo = { label: "Undo", run: () => void this.restore(task) };
    showToast({ text: `Deleted “${task.title}”.`, action: undo, seconds: UNDO_SECONDS });
  }

  restore(task: Task): Promise<boolean> {
    return this.#attempt({ kind: "restore", task }, () => this.#client.post<Task>(address(task.id, "/restore")));
  }

  /** Shows the operation, asks the server, and keeps it or takes it back. */
  async #attempt(wish: Wish, send: () => Promise<Task | void>): Promise<boolean> {
    const operation = { ...wish, key: ++this.#keys } as Operation;
    this.#change((ledger) => begin(ledger, operation));
    try {
      await this.#inOrder(subject(operation), async () => {
        const answer = await send();
        this.#change((ledger) => confirm(ledger, operation.key, answer ?? undefined));
      });
      void this.#count();
      return true;
    } catch (error) {
      this.#change((ledger) => abandon(ledger, operation.key));
      // When the session is over the login page says so.
      if (isStatus(error, 401)) return false;
      const again = { label: "Retry", run: () => void this.#attempt(wish, send) };
      showToast({ text: `${FAILED[operation.kind]} ${inWords(error)}`, action: again, tone: "problem" });
      return false;
    }
  }

  #inOrder<Answer>(id: string, send: () => Promise<Answer>): Promise<Answer> {
    const before = this.#last.get(id) ?? Promise.resolve();
    const request = before.catch(() => undefined).then(send);
    this.#last.set(id, request);
    return request.finally(() => {
      if (this.#last.get(id) === request) this.#last.delete(id);
    });
  }

  async #read(from: string | undefined): Promise<{ tasks: Task[]; next: string | undefined }> {
    const tasks: Task[] = [];
    let next = from;
    for (let pages = 0; pages < PAGES_AT_ONCE; pages++) {
      const query = new URLSearchParams({ limit: `${PAGE}`, ...(next && { cursor: next }) });
      const page = await this.#client.get<TaskPage>(`/api/tasks?${query}`);
      tasks.push(...page.tasks);
      next = page.next_cursor ?? undefined;
      if (!next) break;
    }
    return { tasks, next };
  }

  async #refreshOne(id: string): Promise<void> {
    // The news of a task may be here before the answer to adding it; without the wait it would show twice.
    const adding = [...this.#last].filter(([subject]) => isDraft(subject)).map(([, request]) => request);
    if (!this.#ledger.confirmed.has(id)) await Promise.allSettled(adding);
    try {
      const task = await this.#client.get<Task>(address(id));
      this.#change((ledger) => absorb(ledger, [task]));
    } catch (error) {
      // Any other failure leaves what is shown; the next event or reading mends it.
      if (isStatus(error, 404)) this.#change((ledger) => forget(ledger, id));
    }
  }

  /** Counts that cannot be read are left as they were: they only decorate. */
  async #count(): Promise<void> {
    const summary = await this.#client.get<Summary>("/api/tasks/summary").catch(() => undefined);
    if (summary) this.#show({ summary });
  }

  #highlight(ids: readonly string[]): void {
    const highlighted = new Set([...this.view.get().highlighted, ...ids]);
    this.#show({ highlighted });
    setTimeout(() => {
      const left = [...this.view.get().highlighted].filter((id) => !ids.includes(id));
      this.#show({ highlighted: new Set(left) });
    }, HIGHLIGHT_MS);
  }

  #change(step: (ledger: Ledger) => Ledger, also: Partial<TaskView> = {}): void {
    this.#ledger = step(this.#ledger);
    this.#show({ tasks: shown(this.#ledger), ...also });
  }

  #show(change: Partial<TaskView>): void {
    this.view.update((view) => ({ ...view, ...change }));
  }
}

const FAILED: Record<Operation["kind"], string> = {
  add: "The task was not added.",
  change: "The change was not saved.",
  remove: "The task was not deleted.",
  restore: "The task was not brought back.",
};

function subject(operation: Operation): string {
  return "task" in operation ? operation.task.id : operation.id;
}

function address(id: string, action = ""): string {
  return `/api/tasks/${encodeURIComponent(id)}${action}`;
}
