import type { Task } from "../api/answers";

/**
 * The task list as two things: what the server has confirmed, and what the person did since. What is shown is the second
 * laid over the first, so taking back a change that failed is to forget it.
 */
export interface Ledger {
  confirmed: ReadonlyMap<string, Task>;
  pending: readonly Operation[];
}

export type Change = Partial<Pick<Task, "title" | "description" | "completed">>;

export type Operation = { key: number } & (
  | { kind: "add"; task: Task }
  | { kind: "change"; id: string; change: Change }
  | { kind: "remove"; id: string }
  | { kind: "restore"; task: Task }
);

export const EMPTY: Ledger = { confirmed: new Map(), pending: [] };

export function begin(ledger: Ledger, operation: Operation): Ledger {
  return { ...ledger, pending: [...ledger.pending, operation] };
}

/** The server did it: what it answered is confirmed, and the operation is over. */
export function confirm(ledger: Ledger, key: number, answer: Task | undefined): Ledger {
  const operation = ledger.pending.find((pending) => pending.key === key);
  const over = abandon(ledger, key);
  if (operation?.kind === "remove") return forget(over, operation.id);
  return answer ? absorb(over, [answer]) : over;
}

/** The server did not do it. */
export function abandon(ledger: Ledger, key: number): Ledger {
  return { ...ledger, pending: ledger.pending.filter((operation) => operation.key !== key) };
}

/** Takes in tasks as the server has them. An answer that was overtaken by a newer one changes nothing. */
export function absorb(ledger: Ledger, tasks: readonly Task[]): Ledger {
  const confirmed = new Map(ledger.confirmed);
  for (const task of tasks) {
    const known = confirmed.get(task.id);
    if (!known || task.version >= known.version) confirmed.set(task.id, task);
  }
  return { ...ledger, confirmed };
}

/** The whole list as the server has it: what was known `before` it was asked, and is not named, is gone. */
export function replaceAll(ledger: Ledger, before: Ledger, tasks: readonly Task[]): Ledger {
  const named = new Set(tasks.map((task) => task.id));
  const kept = [...ledger.confirmed].filter(([id]) => named.has(id) || !before.confirmed.has(id));
  return absorb({ ...ledger, confirmed: new Map(kept) }, tasks);
}

export function forget(ledger: Ledger, id: string): Ledger {
  const confirmed = new Map(ledger.confirmed);
  confirmed.delete(id);
  return { ...ledger, confirmed };
}

/** What to show, newest first. */
export function shown(ledger: Ledger): Task[] {
  const tasks = new Map(ledger.confirmed);
  for (const operation of ledger.pending) apply(tasks, operation);
  return [...tasks.values()].sort((a, b) => b.number - a.number);
}

function apply(tasks: Map<string, Task>, operation: Operation): void {
  switch (operation.kind) {
    case "add":
    case "restore":
      tasks.set(operation.task.id, operation.task);
      return;
    case "remove":
      tasks.delete(operation.id);
      return;
    case "change": {
      const task = tasks.get(operation.id);
      if (task) tasks.set(task.id, { ...task, ...operation.change });
    }
  }
}

const DRAFT = "draft-";

/** Whether the server has not named this task yet, so that nothing else can be done to it. */
export function isDraft(id: string): boolean {
  return id.startsWith(DRAFT);
}

/** A task as it looks until the server answers. Of several, the last one added comes first. */
export function draftOf(key: number, title: string): Task {
  return {
    id: `${DRAFT}${key}`,
    // Above every number that the server gives.
    number: 2 ** 40 + key,
    title,
    description: "",
    completed: false,
    version: 0,
    created_at: "",
    updated_at: "",
  };
}
