import { expect, test } from "vitest";
import type { Task } from "../api/answers";
import * as operations from "./operations";

const task = (number: number, fields: Partial<Task> = {}): Task => ({
  id: `tsk_${number}`,
  number,
  title: `Task ${number}`,
  description: "",
  completed: false,
  version: 1,
  created_at: "2026-11-21T10:00:00Z",
  updated_at: "2026-11-21T10:00:00Z",
  ...fields,
});
const two = operations.absorb(operations.EMPTY, [task(1), task(2)]);

test("tasks are shown newest first", () => {
  expect(operations.shown(two)).toEqual([task(2), task(1)]);
});

test("a change shows at once and stays when the server confirms it", () => {
  const begun = operations.begin(two, { key: 1, kind: "change", id: "tsk_1", change: { completed: true } });
  expect(operations.shown(begun)).toEqual([task(2), task(1, { completed: true })]);
  const answer = task(1, { completed: true, version: 2 });
  const confirmed = operations.confirm(begun, 1, answer);
  expect(operations.shown(confirmed)).toEqual([task(2), answer]);
  expect(confirmed.pending).toEqual([]);
});

test("a change that failed is taken back, and only that one", () => {
  let ledger = operations.begin(two, { key: 1, kind: "change", id: "tsk_1", change: { title: "Failed" } });
  ledger = operations.begin(ledger, { key: 2, kind: "change", id: "tsk_1", change: { completed: true } });
  expect(operations.shown(operations.abandon(ledger, 1))[1]).toEqual(task(1, { completed: true }));
});

test("added tasks come first, the last one on top, until the server numbers them", () => {
  const [first, second] = [operations.draftOf(1, "First"), operations.draftOf(2, "Second")];
  let ledger = operations.begin(two, { key: 1, kind: "add", task: first });
  ledger = operations.begin(ledger, { key: 2, kind: "add", task: second });
  expect(operations.shown(ledger).map(({ title }) => title)).toEqual(["Second", "First", "Task 2", "Task 1"]);
  expect(operations.isDraft(first.id)).toBe(true);
  ledger = operations.confirm(ledger, 1, task(3, { title: "First" }));
  expect(operations.shown(ledger).map(({ number }) => number)).toEqual([second.number, 3, 2, 1]);
});

test("a deleted task is gone at once, and back when that fails or is undone", () => {
  const begun = operations.begin(two, { key: 1, kind: "remove", id: "tsk_2" });
  expect(operations.shown(begun)).toEqual([task(1)]);
  expect(operations.shown(operations.abandon(begun, 1))).toEqual([task(2), task(1)]);
  const gone = operations.confirm(begun, 1, undefined);
  expect(operations.shown(gone)).toEqual([task(1)]);
  const undone = operations.begin(gone, { key: 2, kind: "restore", task: task(2) });
  expect(operations.shown(undone)).toEqual([task(2), task(1)]);
});

test("an answer that was overtaken by a newer one changes nothing", () => {
  const newer = task(1, { title: "Newer", version: 3 });
  const ledger = operations.absorb(operations.absorb(two, [newer]), [task(1, { version: 2 })]);
  expect(operations.shown(ledger)).toEqual([task(2), newer]);
});

test("the whole list from the server drops what it does not name", () => {
  expect(operations.shown(operations.replaceAll(two, two, [task(2), task(3)]))).toEqual([task(3), task(2)]);
});

test("a task that was added while the list was on its way stays", () => {
  const since = operations.absorb(two, [task(3)]);
  expect(operations.shown(operations.replaceAll(since, two, [task(2)]))).toEqual([task(3), task(2)]);
});

test("a change to a task that is gone shows nothing", () => {
  const begun = operations.begin(two, { key: 1, kind: "change", id: "tsk_9", change: { completed: true } });
  expect(operations.shown(begun)).toEqual([task(2), task(1)]);
});
