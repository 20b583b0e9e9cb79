import { describe, expect, test } from "vitest";
import { emptyConversation, entriesOf, PAGE_SIZE, turnEnded, withUnsent } from "./conversation";
import type { ThreadStreamEvent } from "./protocol.gen";
import { reduce } from "./reduce";
import { after, assistant, call, thread, user, workflow } from "./testing/items";

const items = (conversation: Parameters<typeof entriesOf>[0]) => entriesOf(conversation).map((entry) => entry.item);
const delta = (text: string, content_index = 0): ThreadStreamEvent => ({
  type: "thread.item.updated",
  item_id: "msg_1",
  update: { type: "assistant_message.content_part.text_delta", content_index, delta: text },
});
const url = (title: string) => ({ type: "annotation" as const, source: { type: "url" as const, title, url: `https://${title}/` } });

describe("threads", () => {
  test("a new thread is taken over", () => {
    expect(after({ type: "thread.created", thread: thread("thr_1") }).thread?.id).toBe("thr_1");
  });

  test("an update renames the thread and leaves its items alone", () => {
    const state = after(
      { type: "thread.created", thread: thread() },
      { type: "thread.item.done", item: user("msg_0", "hi") },
      { type: "thread.updated", thread: thread("thr_1", "Hello") },
    );
    expect([state.thread?.title, items(state)]).toEqual(["Hello", [user("msg_0", "hi")]]);
  });

  test("an update of another thread changes nothing", () => {
    const state = after({ type: "thread.created", thread: thread() });
    expect(reduce(state, { type: "thread.updated", thread: thread("thr_2", "Other") })).toBe(state);
  });
});

describe("items", () => {
  test("an item that is done without having been added is added", () => {
    expect(items(after({ type: "thread.item.done", item: assistant("msg_1", "hi") }))).toEqual([assistant("msg_1", "hi")]);
  });

  test("done takes the place of what was added, and replaced the place of what was done", () => {
    const state = after(
      { type: "thread.item.added", item: workflow("wf_1", call("add_task", "loading")) },
      { type: "thread.item.done", item: workflow("wf_1", call("add_task", "complete")) },
      { type: "thread.item.done", item: assistant("msg_1", "so far") },
      { type: "thread.item.replaced", item: workflow("wf_1", call("add_task", "complete"), call("list_tasks", "loading")) },
    );
    expect(items(state)).toEqual([
      workflow("wf_1", call("add_task", "complete"), call("list_tasks", "loading")),
      assistant("msg_1", "so far"),
    ]);
  });

  test("a removed item is gone", () => {
    const state = after(
      { type: "thread.item.done", item: assistant("msg_1", "hi") },
      { type: "thread.item.removed", item_id: "msg_1" },
    );
    expect(items(state)).toEqual([]);
  });

  test.each(["hidden_context_item", "sdk_hidden_context"] as const)("a %s is never shown", (type) => {
    const item = { type, id: "h", thread_id: "thr_1", created_at: "", content: "secret" };
    expect(items(after({ type: "thread.item.added", item }, { type: "thread.item.replaced", item }))).toEqual([]);
  });

  test("the server's copy of a message takes the place of the one drawn first and keeps its key", () => {
    const input = { content: [{ type: "input_text" as const, text: "hi" }], attachments: [], inference_options: {} };
    const drawn = withUnsent(emptyConversation, "unsent-1", input, new Date(0));
    const state = reduce(drawn, { type: "thread.item.done", item: user("msg_9", "hi") });
    expect(entriesOf(state)).toEqual([{ key: "unsent-1", item: user("msg_9", "hi") }]);
  });

  test("a full page keeps its identity when a later one grows", () => {
    const events = Array.from({ length: PAGE_SIZE }, (_, at) => ({ type: "thread.item.done" as const, item: user(`m${at}`, "x") }));
    const full = after(...events);
    const grown = [{ type: "thread.item.added" as const, item: assistant("msg_1") }, delta("a"), delta("b")].reduce(reduce, full);
    expect(grown.pages.map((page) => page.entries.length)).toEqual([PAGE_SIZE, 1]);
    expect(grown.pages[0]).toBe(full.pages[0]);
  });
});

describe("assistant messages", () => {
  const added: ThreadStreamEvent = { type: "thread.item.added", item: assistant("msg_1") };

  test("grow by deltas, even for parts that were never announced", () => {
    expect(items(after(added, delta("Hel"), delta("lo"), delta("!", 2)))).toEqual([assistant("msg_1", "Hello", "", "!")]);
  });

  test("take over parts that are added and done", () => {
    const part = (text: string) => ({ type: "output_text" as const, text, annotations: [] });
    const state = after(
      added,
      { type: "thread.item.updated", item_id: "msg_1", update: { type: "assistant_message.content_part.added", content_index: 0, content: part("") } },
      delta("Hel"),
      { type: "thread.item.updated", item_id: "msg_1", update: { type: "assistant_message.content_part.done", content_index: 0, content: part("Hello") } },
    );
    expect(items(state)).toEqual([assistant("msg_1", "Hello")]);
  });

  test("keep the annotations that were streamed when the finished part comes without", () => {
    const annotate = (annotation_index: number, title: string): ThreadStreamEvent => ({
      type: "thread.item.updated",
      item_id: "msg_1",
      update: { type: "assistant_message.content_part.annotation_added", content_index: 0, annotation_index, annotation: url(title) },
    });
    const state = after(added, delta("x"), annotate(0, "b.example"), annotate(0, "a.example"), annotate(9, "c.example"), {
      type: "thread.item.updated",
      item_id: "msg_1",
      update: { type: "assistant_message.content_part.done", content_index: 0, content: { type: "output_text", text: "x", annotations: [] } },
    });
    expect(items(state)).toMatchObject([{ content: [{ annotations: [url("a.example"), url("b.example"), url("c.example")] }] }]);
  });

  test.each([-1, 1.5, 1e9, Number.NaN])("ignore a delta for part %s", (index) => {
    expect(items(after(added, delta("x", index)))).toEqual([assistant("msg_1")]);
  });
});

describe("workflows", () => {
  const task = (type: "workflow.task.added" | "workflow.task.updated", task_index: number, title: string): ThreadStreamEvent => ({
    type: "thread.item.updated",
    item_id: "wf_1",
    update: { type, task_index, task: call(title, "complete") },
  });
  const added: ThreadStreamEvent = { type: "thread.item.added", item: workflow("wf_1", call("add_task", "loading")) };

  test("take tasks at their index", () => {
    const state = after(added, task("workflow.task.added", 1, "list_tasks"), task("workflow.task.updated", 0, "add_task"));
    expect(items(state)).toEqual([workflow("wf_1", call("add_task", "complete"), call("list_tasks", "complete"))]);
  });

  test("replace a task that is announced twice", () => {
    const state = after(added, task("workflow.task.added", 0, "add_task"));
    expect(items(state)).toEqual([workflow("wf_1", call("add_task", "complete"))]);
  });

  test("a call that was running when the turn ended is marked as over, and comes back to life if it is sent again", () => {
    const ended = turnEnded(after(added));
    expect(entriesOf(ended)[0]?.ended).toBe(true);
    expect(entriesOf(reduce(ended, added))[0]?.ended).toBeUndefined();
  });
});

describe("widgets and pictures", () => {
  const base = { thread_id: "thr_1", created_at: "" };

  test("a widget's root is replaced", () => {
    const state = after(
      { type: "thread.item.added", item: { ...base, type: "widget", id: "w", widget: { type: "Card" } } },
      { type: "thread.item.updated", item_id: "w", update: { type: "widget.root.updated", widget: { type: "ListView" } } },
      { type: "thread.item.updated", item_id: "w", update: { type: "widget.streaming_text.value_delta", component_id: "t", delta: "x", done: true } },
      { type: "thread.item.updated", item_id: "w", update: { type: "widget.component.updated", component_id: "t", component: { type: "Text" } } },
    );
    expect(items(state)).toMatchObject([{ widget: { type: "ListView" } }]);
  });

  test("a text within a widget grows, and a component is replaced", () => {
    const text = { type: "Markdown", id: "m", value: "He" };
    const card = { type: "Card", children: [{ type: "Row", children: [{ type: "Title", id: "t", value: "a" }, text] }] };
    const state = after(
      { type: "thread.item.added", item: { ...base, type: "widget", id: "w", widget: card } },
      { type: "thread.item.updated", item_id: "w", update: { type: "widget.streaming_text.value_delta", component_id: "m", delta: "llo", done: true } },
      { type: "thread.item.updated", item_id: "w", update: { type: "widget.streaming_text.value_delta", component_id: "t", delta: "b", done: true } },
      { type: "thread.item.updated", item_id: "w", update: { type: "widget.component.updated", component_id: "t", component: { type: "Divider" } } },
    );
    const row = { type: "Row", children: [{ type: "Divider" }, { ...text, value: "Hello" }] };
    expect(items(state)).toMatchObject([{ widget: { type: "Card", children: [row] } }]);
    expect(card.children[0]?.children[1]).toBe(text);
    expect(text.value).toBe("He");
  });

  test("a picture appears", () => {
    const state = after(
      { type: "thread.item.added", item: { ...base, type: "generated_image", id: "g" } },
      { type: "thread.item.updated", item_id: "g", update: { type: "generated_image.updated", image: { id: "i", url: "data:," }, progress: 0.5 } },
    );
    expect(items(state)).toMatchObject([{ image: { id: "i" } }]);
  });
});

describe("the rest", () => {
  test("progress is replaced by the next one and ends with the next item of the assistant", () => {
    const searching = after({ type: "progress_update", text: "Reading" }, { type: "progress_update", icon: "search", text: "Searching" });
    expect(searching.progress).toEqual({ icon: "search", text: "Searching" });
    expect(reduce(searching, { type: "thread.item.done", item: user("msg_0", "hi") }).progress).not.toBeNull();
    expect(reduce(searching, { type: "thread.item.added", item: assistant("msg_1") }).progress).toBeNull();
  });

  test("stream options, notices and errors are kept", () => {
    const state = after(
      { type: "stream_options", stream_options: { allow_cancel: false } },
      { type: "notice", level: "info", message: "**hi**" },
      { type: "error", code: "custom", message: "Quota reached", allow_retry: true },
    );
    expect([state.stoppable, state.notices, state.problem]).toEqual([
      false,
      [{ level: "info", message: "**hi**", title: null }],
      { code: "custom", message: "Quota reached", retryable: true },
    ]);
  });

  test("what is unknown changes nothing", () => {
    const state = after({ type: "thread.item.added", item: assistant("msg_1", "a") });
    for (const event of [
      { type: "thread.moved", to: "elsewhere" },
      { type: "client_effect", name: "x", data: {} },
      { type: "thread.item.updated", item_id: "nobody", update: { type: "workflow.task.added" } },
      { type: "thread.item.removed", item_id: "nobody" },
    ]) {
      expect(reduce(state, event as ThreadStreamEvent)).toBe(state);
    }
    const odd = { type: "thread.item.updated", item_id: "msg_1", update: { type: "assistant_message.sung" } };
    expect(items(reduce(state, odd as unknown as ThreadStreamEvent))).toEqual([assistant("msg_1", "a")]);
  });
});
