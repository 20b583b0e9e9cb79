import { expect, test } from "vitest";
import type { Task } from "../api/answers";
import { Client } from "../api/client";
import { TaskList } from "./task-list";

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

/** A server whose answers are given by hand, each when the test says so. */
class Server {
  readonly asked: string[] = [];
  readonly bodies: unknown[] = [];
  #answers = new Map<string, (response: Response) => void>();
  readonly list: TaskList;

  constructor() {
    const fetch = (url: string, init: RequestInit) => this.#take(`${init.method} ${url}`, init.body);
    const client = new Client({ fetch, now: () => 0, onRenewed: () => {}, onEnded: () => {} });
    client.adopt({ access_token: "t", expires_in: 600, user: { id: "usr_1", email: "ada@example.org" } });
    this.list = new TaskList(client);
  }

  async answer(request: string, status: number, body?: unknown): Promise<void> {
    await expect.poll(() => this.#answers.has(request)).toBe(true);
    const answer = this.#answers.get(request);
    this.#answers.delete(request);
    answer?.(body === undefined ? new Response(null, { status }) : Response.json(body, { status }));
  }

  #take(request: string, body: unknown): Promise<Response> {
    if (request.endsWith("/summary")) return Promise.resolve(Response.json({ total: 0, open: 0, completed: 0 }));
    this.asked.push(request);
    if (typeof body === "string") this.bodies.push(JSON.parse(body));
    return new Promise((resolve) => this.#answers.set(request, resolve));
  }
}

const titles = (list: TaskList) => list.view.get().tasks.map(({ title }) => title);

async function loaded(...tasks: Task[]): Promise<Server> {
  const server = new Server();
  const loading = server.list.load();
  await server.answer("GET /api/tasks?limit=200", 200, { tasks });
  await loading;
  return server;
}

test("the list is read page by page", async () => {
  const server = new Server();
  const loading = server.list.load();
  await server.answer("GET /api/tasks?limit=200", 200, { tasks: [task(2)], next_cursor: "c" });
  await server.answer("GET /api/tasks?limit=200&cursor=c", 200, { tasks: [task(1)] });
  await loading;
  expect(server.list.view.get()).toMatchObject({ phase: "ready", tasks: [task(2), task(1)], next: undefined });
});

test("a list that cannot be read says why and keeps what was there", async () => {
  const server = await loaded(task(1));
  const loading = server.list.load();
  await server.answer("GET /api/tasks?limit=200", 503, {});
  await loading;
  const problem = "The server is temporarily unavailable. Try again in a moment.";
  expect(server.list.view.get()).toMatchObject({ phase: "failed", problem, tasks: [task(1)] });
});

test("an added task shows before the server answers, and is gone when it refuses", async () => {
  const server = await loaded(task(1));
  const adding = server.list.add("New");
  expect(titles(server.list)).toEqual(["New", "Task 1"]);
  await server.answer("POST /api/tasks", 500, {});
  expect(await adding).toBe(false);
  expect(titles(server.list)).toEqual(["Task 1"]);
});

test("news of a task that is being added do not show it twice", async () => {
  const server = await loaded();
  const adding = server.list.add("New");
  const refreshing = server.list.refresh(["tsk_1"]);
  await server.answer("POST /api/tasks", 201, task(1, { title: "New" }));
  await adding;
  expect(titles(server.list)).toEqual(["New"]);
  await server.answer("GET /api/tasks/tsk_1", 200, task(1, { title: "New" }));
  await refreshing;
  expect(titles(server.list)).toEqual(["New"]);
  expect(server.asked.slice(1)).toEqual(["POST /api/tasks", "GET /api/tasks/tsk_1"]);
});

test("two clicks on one task reach the server one after the other", async () => {
  const server = await loaded(task(1));
  const done = server.list.setCompleted(task(1), true);
  const open = server.list.setCompleted(task(1), false);
  expect(server.list.view.get().tasks).toEqual([task(1)]);
  await server.answer("PATCH /api/tasks/tsk_1/complete", 200, task(1, { completed: true, version: 2 }));
  await done;
  await server.answer("POST /api/tasks/tsk_1/reopen", 200, task(1, { version: 3 }));
  await open;
  expect(server.list.view.get().tasks).toEqual([task(1, { version: 3 })]);
});

test("a task deleted elsewhere goes", async () => {
  const server = await loaded(task(2), task(1));
  const refreshing = server.list.refresh(["tsk_1"], { highlight: true });
  await server.answer("GET /api/tasks/tsk_1", 404, {});
  await refreshing;
  expect(titles(server.list)).toEqual(["Task 2"]);
});

test("what the assistant changed is highlighted", async () => {
  const server = await loaded(task(1));
  const refreshing = server.list.refresh(["tsk_1"], { highlight: true });
  await server.answer("GET /api/tasks/tsk_1", 200, task(1, { completed: true, version: 2 }));
  await refreshing;
  expect([...server.list.view.get().highlighted]).toEqual(["tsk_1"]);
});

test("an edit of words that somebody else changed throws, and shows theirs", async () => {
  const server = await loaded(task(1));
  const editing = server.list.edit(task(1), { title: "Mine" });
  const refused = expect(editing).rejects.toMatchObject({ status: 409 });
  await server.answer("PATCH /api/tasks/tsk_1", 409, { error: { code: "conflict" } });
  await server.answer("GET /api/tasks/tsk_1", 200, task(1, { title: "Theirs", version: 2 }));
  await refused;
  expect(titles(server.list)).toEqual(["Theirs"]);
});

test("an edit is saved although the task was completed meanwhile", async () => {
  const server = await loaded(task(1));
  const editing = server.list.edit(task(1), { title: "Mine" });
  await server.answer("PATCH /api/tasks/tsk_1", 409, { error: { code: "conflict" } });
  await server.answer("GET /api/tasks/tsk_1", 200, task(1, { completed: true, version: 2 }));
  await server.answer("PATCH /api/tasks/tsk_1", 200, task(1, { title: "Mine", completed: true, version: 3 }));
  await editing;
  expect(titles(server.list)).toEqual(["Mine"]);
});

test("an edit waits for the click before it, and builds on it", async () => {
  const server = await loaded(task(1));
  const completing = server.list.setCompleted(task(1), true);
  const editing = server.list.edit(task(1), { title: "Mine" });
  await server.answer("PATCH /api/tasks/tsk_1/complete", 200, task(1, { completed: true, version: 2 }));
  await completing;
  await server.answer("PATCH /api/tasks/tsk_1", 200, task(1, { title: "Mine", completed: true, version: 3 }));
  await editing;
  expect(server.bodies.at(-1)).toEqual({ title: "Mine", version: 2 });
});
