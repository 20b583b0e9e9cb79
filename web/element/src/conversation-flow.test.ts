import { afterEach, describe, expect, test, vi } from "vitest";
import type { ThreadStreamEvent } from "./protocol.gen";
import { assistant, call, thread, user, workflow } from "./testing/items";
import { PanelOnPage } from "./testing/panel";
import { json, OpenStream, ScriptedServer, stream } from "./testing/server";

const created: ThreadStreamEvent = { type: "thread.created", thread: thread("thr_1", "Tasks") };
const done = (item: Parameters<typeof reduceItem>[0]): ThreadStreamEvent => reduceItem(item);
function reduceItem(item: ReturnType<typeof user>): ThreadStreamEvent {
  return { type: "thread.item.done", item };
}
const delta = (text: string): ThreadStreamEvent => ({
  type: "thread.item.updated",
  item_id: "msg_2",
  update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: text },
});
const answer = (question: string, text: string) => stream(created, done(user("msg_1", question)), done(assistant("msg_2", text)));
const bubbles = (panel: PanelOnPage) => panel.all(".bubble").map((bubble) => bubble.textContent);
const problem = (panel: PanelOnPage) => panel.find("[role=alert] p")?.textContent;

afterEach(() => document.body.replaceChildren());

describe("a message", () => {
  test("is drawn at once, confirmed in place, and answered as the text comes", async () => {
    const open = new OpenStream();
    const panel = new PanelOnPage(new ScriptedServer().answer(open.response));
    await panel.ready();
    await panel.say("  hello  ");
    await panel.drawn();
    expect([bubbles(panel), panel.field.value, panel.find(".thinking")?.textContent]).toEqual([["hello"], "", "Thinking…"]);
    const bubble = panel.find(".bubble");
    open.send(created, done(user("msg_1", "hello")), { type: "thread.item.added", item: assistant("msg_2") }, delta("Hi"));
    await panel.until(() => panel.text.includes("Hi"));
    expect([panel.find(".bubble") === bubble, panel.find(".thinking")]).toEqual([true, null]);
    open.send(delta(" there"), done(assistant("msg_2", "Hi there")));
    open.end();
    await panel.answered();
    expect(panel.text).toContain("Hi there");
    expect(panel.events.slice(1)).toEqual([
      ["response.start", null],
      ["thread.change", { threadId: "thr_1" }],
      ["response.end", null],
    ]);
    expect(panel.server.asked[0]).toMatchObject({
      type: "threads.create",
      params: { input: { content: [{ type: "input_text", text: "hello" }], attachments: [], quoted_text: "", inference_options: {} } },
    });
  });

  test("goes to the thread that is open", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(answer("one", "1")).answer(answer("two", "2")));
    await panel.element.sendUserMessage({ text: "one" });
    await panel.element.sendUserMessage({ text: "two" });
    expect(panel.server.asked[1]).toMatchObject({ type: "threads.add_user_message", params: { thread_id: "thr_1" } });
    await panel.element.sendUserMessage({ text: "three", newThread: true }).catch(() => {});
    expect(panel.server.types[2]).toBe("threads.create");
  });

  test("that is empty is refused to the page", async () => {
    const panel = new PanelOnPage();
    await expect(panel.element.sendUserMessage({ text: " \n" })).rejects.toThrow("empty");
    expect(panel.server.asked).toEqual([]);
  });

  test("carries what the page asks for", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(stream()));
    await panel.element.sendUserMessage({
      content: [{ type: "input_text", text: "see " }, { type: "input_tag", id: "t1", text: "task" }],
      reply: "that",
      toolChoice: { id: "web" },
      model: "big",
      attachments: [{ type: "file", id: "atc_1", name: "a", mime_type: "text/plain" }],
    });
    expect(panel.server.asked[0]?.params).toEqual({
      input: {
        content: [{ type: "input_text", text: "see " }, { type: "input_tag", id: "t1", text: "task", data: {}, interactive: false }],
        attachments: ["atc_1"],
        quoted_text: "that",
        inference_options: { tool_choice: { id: "web" }, model: "big" },
      },
    });
  });
});

describe("while an answer runs", () => {
  async function running() {
    const open = new OpenStream();
    const panel = new PanelOnPage(new ScriptedServer().answer(open.response));
    await panel.ready();
    await panel.say("hello");
    open.send(created, done(user("msg_1", "hello")), { type: "thread.item.added", item: workflow("wf_1", call("add_task", "loading", '{"title":"x"}')) });
    await panel.until(() => panel.text.includes("add_task"));
    return { open, panel };
  }

  test("what is typed is kept and not sent", async () => {
    const { open, panel } = await running();
    await panel.say("next thought");
    await panel.drawn();
    open.send(done(assistant("msg_2", "Hi")));
    open.end();
    await panel.answered();
    expect([panel.field.value, panel.server.asked.length]).toEqual(["next thought", 1]);
  });

  test("methods that would disturb it are refused", async () => {
    const { panel } = await running();
    await expect(panel.element.sendUserMessage({ text: "x" })).rejects.toThrow("still loading");
    await expect(panel.element.setThreadId("thr_2")).rejects.toThrow("still loading");
    await expect(panel.element.fetchUpdates()).rejects.toThrow("still loading");
    await expect(panel.element.sendCustomAction({ type: "x" })).rejects.toThrow("still loading");
    await panel.element.setComposerValue({ text: "fine" });
    await panel.drawn();
    expect(panel.field.value).toBe("fine");
  });

  test("Stop ends it, keeps what has come, and is no error", async () => {
    const { open, panel } = await running();
    open.send({ type: "thread.item.added", item: assistant("msg_2", "half of it") });
    await panel.until(() => panel.text.includes("half of it"));
    panel.button("Stop").click();
    await panel.answered();
    expect(panel.text).toContain("half of it");
    expect(panel.names).toEqual(["ready", "response.start", "thread.change", "response.end"]);
    expect(panel.button("add_task").textContent).toContain("did not finish");
    expect(panel.button("Send")).toBeDefined();
  });

  test("New chat ends it and what comes late is not drawn", async () => {
    const { open, panel } = await running();
    open.send(done(assistant("msg_2", "too late")));
    panel.button("New chat").click();
    await panel.until(() => panel.names.includes("response.end") && panel.events.at(-1)?.[0] === "thread.change");
    await panel.drawn();
    expect(panel.events.at(-1)).toEqual(["thread.change", { threadId: null }]);
    expect([open.released, panel.text.includes("too late")]).toEqual([true, false]);
  });

  test("a badge shows the tool's name, and its arguments when it is clicked", async () => {
    const { panel } = await running();
    const badge = panel.button("add_task");
    expect([badge.getAttribute("aria-expanded"), panel.text.includes("title"), panel.find(".spinner") !== null]).toEqual(["false", false, true]);
    badge.click();
    await panel.until(() => panel.text.includes('"title": "x"'));
    expect(panel.button("add_task").getAttribute("aria-expanded")).toBe("true");
  });

  test("the server may forbid to stop it", async () => {
    const { open, panel } = await running();
    open.send({ type: "stream_options", stream_options: { allow_cancel: false } });
    await panel.until(() => panel.button("Stop").disabled);
  });

  test("an effect reaches the page at once", async () => {
    const { open, panel } = await running();
    open.send({ type: "client_effect", name: "tasks.changed", data: { ids: ["tsk_1"] } });
    await panel.until(() => panel.names.includes("effect"));
    expect(panel.events.at(-1)).toEqual(["effect", { name: "tasks.changed", data: { ids: ["tsk_1"] } }]);
  });

  test("many deltas are drawn in one go", async () => {
    const { open, panel } = await running();
    open.send({ type: "thread.item.added", item: assistant("msg_2") }, ...Array.from({ length: 200 }, (_, at) => delta(`${at} `)));
    let changes = 0;
    const watcher = new MutationObserver(() => (changes += 1));
    watcher.observe(panel.find("[role=log]") as HTMLElement, { childList: true, subtree: true, characterData: true });
    await panel.until(() => panel.text.includes("199"));
    watcher.disconnect();
    expect(changes).toBeLessThan(10);
  });
});

describe("when it fails", () => {
  test.each([
    [401, "Your session has expired. Please sign in again. Your message is kept."],
    [429, "You are sending messages too quickly. Try again in 12 s."],
    [503, "The assistant is temporarily unavailable. Please try again in a moment."],
    [504, "The assistant took too long to answer. Please try again."],
    [500, "Something went wrong on the server. Please try again."],
  ])("with %i, it says so in its own words, tells the page, and Retry sends the same message", async (status, words) => {
    const refused = json({ error: { code: "x", message: "the server's words", request_id: "req_1" } }, status, { "Retry-After": "12" });
    const panel = new PanelOnPage(new ScriptedServer().answer(refused).answer(answer("hello", "Hi")));
    await panel.ready();
    await panel.say("hello");
    await panel.answered();
    expect(problem(panel)).toBe(words);
    expect(panel.names).toEqual(["ready", "response.start", "error", "response.end"]);
    expect(panel.events[2]?.[1]).toMatchObject({ error: expect.objectContaining({ status }) });
    panel.button("Retry").click();
    await panel.until(() => panel.text.includes("Hi"));
    expect([bubbles(panel), panel.field.value, problem(panel)]).toEqual([["hello"], "", undefined]);
    expect(panel.server.asked[1]?.params).toEqual(panel.server.asked[0]?.params);
  });

  test("with 401, the message goes back to where it was written", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(json({}, 401)));
    await panel.ready();
    await panel.say("hello");
    await panel.answered();
    expect([panel.field.value, bubbles(panel)]).toEqual(["hello", []]);
  });

  test("with 422, the message goes back and there is nothing to retry", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(json({}, 422)));
    await panel.ready();
    await panel.say("hello");
    await panel.answered();
    expect([panel.field.value, problem(panel)]).toEqual(["hello", "The server did not accept this message."]);
    expect(() => panel.button("Retry")).toThrow();
  });

  test("without a network, the message stays with a word that it was not sent", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(new TypeError("Failed to fetch")));
    await panel.ready();
    await panel.say("hello");
    await panel.answered();
    expect([problem(panel), bubbles(panel)]).toEqual(["Connection lost. Check your network and try again.", ["hello"]]);
    expect(panel.text).toContain("Not sent");
    expect(panel.events[2]?.[1]).toMatchObject({ error: { name: "NetworkError", status: 0 } });
  });

  test("half way, Retry asks for a new answer to the stored message", async () => {
    const open = new OpenStream();
    const again = stream(done(assistant("msg_3", "whole")));
    const panel = new PanelOnPage(new ScriptedServer().answer(open.response).answer(again));
    await panel.ready();
    await panel.say("hello");
    open.send(created, done(user("msg_1", "hello")), { type: "thread.item.added", item: assistant("msg_2", "half") });
    await panel.until(() => panel.text.includes("half"));
    open.break();
    await panel.answered();
    expect(problem(panel)).toBe("The connection was lost before the answer was complete.");
    panel.button("Retry").click();
    await panel.until(() => panel.text.includes("whole"));
    expect(panel.server.asked[1]).toMatchObject({ type: "threads.retry_after_item", params: { thread_id: "thr_1", item_id: "msg_1" } });
    expect([panel.text.includes("half"), bubbles(panel)]).toEqual([false, ["hello"]]);
  });

  test("and the server cannot answer anew, the message is sent again in the same bubble", async () => {
    const server = new ScriptedServer()
      .answer(stream(created, done(user("msg_1", "hello")), { type: "error", code: "stream.error", allow_retry: true }))
      .answer(json({ error: { code: "not_implemented", message: "no" } }, 501))
      .answer(stream(done(user("msg_4", "hello")), done(assistant("msg_5", "Hi"))));
    const panel = new PanelOnPage(server);
    await panel.ready();
    await panel.say("hello");
    await panel.answered();
    expect(problem(panel)).toBe("There was an error while generating the assistant's response.");
    panel.button("Retry").click();
    await panel.until(() => panel.text.includes("Hi"));
    expect([server.types.slice(1), bubbles(panel)]).toEqual([["threads.retry_after_item", "threads.add_user_message"], ["hello"]]);
    expect(panel.names.filter((name) => name.startsWith("response"))).toEqual(["response.start", "response.end", "response.start", "response.end"]);
  });

  test("a message that did arrive before the connection broke is not sent twice", async () => {
    const server = new ScriptedServer()
      .answer(answer("one", "1"))
      .answer(new TypeError("network"))
      .answer(json({ data: [user("msg_7", "two"), assistant("msg_2", "1"), user("msg_1", "one")], has_more: false }))
      .answer(stream(done(assistant("msg_8", "2"))));
    const panel = new PanelOnPage(server);
    await panel.element.sendUserMessage({ text: "one" });
    await panel.element.sendUserMessage({ text: "two" });
    panel.button("Retry").click();
    await panel.until(() => panel.text.includes("2"));
    expect(server.asked.slice(2).map(({ type, params }) => [type, params.item_id])).toEqual([
      ["items.list", undefined],
      ["threads.retry_after_item", "msg_7"],
    ]);
  });

  test("by the server's own account, its words are shown, and no Retry where it would not help", async () => {
    const refusal: ThreadStreamEvent = { type: "error", code: "custom", message: "Quota reached", allow_retry: false };
    const panel = new PanelOnPage(new ScriptedServer().answer(stream(created, done(user("msg_1", "hello")), refusal)));
    await panel.element.sendUserMessage({ text: "hello" });
    expect(problem(panel)).toBe("Quota reached");
    expect(() => panel.button("Retry")).toThrow();
  });

  test("an event that is no JSON is reported and passed over", async () => {
    const text = `data: {oops\n\ndata: ${JSON.stringify(done(assistant("msg_2", "Hi")))}\n\n`;
    const panel = new PanelOnPage(new ScriptedServer().answer(new Response(text)));
    await panel.element.sendUserMessage({ text: "hello" });
    expect(panel.text).toContain("Hi");
    expect(panel.events.find(([name]) => name === "error")?.[1]).toMatchObject({ error: { name: "StreamEventParsingError" } });
  });

  test("an event that lacks what its type promises is reported and passed over", async () => {
    const odd = [{ type: "thread.item.added" }, { type: "thread.item.updated", item_id: "msg_1" }] as unknown as ThreadStreamEvent[];
    const panel = new PanelOnPage(new ScriptedServer().answer(stream(...odd, done(assistant("msg_2", "Hi")))));
    await panel.element.sendUserMessage({ text: "hello" });
    expect(panel.text).toContain("Hi");
    expect(panel.names.filter((name) => name === "error").length).toBe(1);
  });

  test("a body without a single event counts as broken", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(stream()));
    await panel.element.sendUserMessage({ text: "hello" });
    expect(problem(panel)).toBe("The connection was lost before the answer was complete.");
  });
});

describe("tools of the page", () => {
  const pending: ThreadStreamEvent = {
    type: "thread.item.done",
    item: { type: "client_tool_call", id: "tc_1", thread_id: "thr_1", created_at: "", status: "pending", call_id: "c", name: "pick", arguments: { a: 1 } },
  };
  const question = [created, done(user("msg_1", "hello")), pending];

  test("are called, and their result goes back within the same response", async () => {
    const onClientTool = vi.fn(async () => ({ picked: 2 }));
    const server = new ScriptedServer().answer(stream(...question)).answer(stream(done(assistant("msg_2", "Picked"))));
    const panel = new PanelOnPage(server, { onClientTool });
    await panel.element.sendUserMessage({ text: "hello" });
    expect(onClientTool.mock.calls).toEqual([[{ name: "pick", params: { a: 1 } }]]);
    expect(server.asked[1]).toMatchObject({ type: "threads.add_client_tool_output", params: { thread_id: "thr_1", result: { picked: 2 } } });
    expect(panel.names.filter((name) => name.startsWith("response"))).toEqual(["response.start", "response.end"]);
  });

  test("that throw let the server know", async () => {
    const onClientTool = () => {
      throw new Error("no selection");
    };
    const server = new ScriptedServer().answer(stream(...question)).answer(stream(done(assistant("msg_2", "Oh"))));
    const panel = new PanelOnPage(server, { onClientTool });
    await panel.element.sendUserMessage({ text: "hello" });
    expect(server.asked[1]?.params.result).toEqual({ error: "no selection" });
  });
});

describe("threads", () => {
  test("setThreadId(null) tells the page", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(answer("one", "1")));
    await panel.element.sendUserMessage({ text: "one" });
    await panel.element.setThreadId(null);
    expect(panel.events.at(-1)).toEqual(["thread.change", { threadId: null }]);
    expect(bubbles(panel)).toEqual([]);
  });

  test("another thread is loaded, and the one that is open is left alone", async () => {
    const loaded = { ...thread("thr_2"), items: { data: [user("m1", "there")], has_more: false } };
    const panel = new PanelOnPage(new ScriptedServer().answer(json(loaded)));
    await panel.element.setThreadId("thr_2");
    await panel.element.setThreadId("thr_2");
    expect(panel.events.slice(1)).toEqual([
      ["thread.change", { threadId: "thr_2" }],
      ["thread.load.start", { threadId: "thr_2" }],
      ["thread.load.end", { threadId: "thr_2" }],
    ]);
  });

  test("fetchUpdates shows what came from elsewhere", async () => {
    const elsewhere = { ...thread("thr_1"), items: { data: [user("msg_1", "one"), assistant("msg_2", "1"), assistant("msg_3", "and more")], has_more: false } };
    const panel = new PanelOnPage(new ScriptedServer().answer(answer("one", "1")).answer(json(elsewhere)));
    await panel.element.sendUserMessage({ text: "one" });
    await panel.element.fetchUpdates();
    await panel.drawn();
    expect(panel.text).toContain("and more");
  });

  test("kinds of items that are not known are a quiet line", async () => {
    const odd = { type: "hologram", id: "h", thread_id: "thr_2", created_at: "" };
    const loaded = { ...thread("thr_2"), items: { data: [odd, { ...odd, id: "w", type: "widget" }, { ...odd, id: "f", type: "workflow" }, { ...odd, id: "e", type: "end_of_turn" }], has_more: false } };
    const panel = new PanelOnPage(new ScriptedServer().answer(json(loaded)));
    await panel.element.setThreadId("thr_2");
    await panel.drawn();
    expect(panel.all(".placeholder").map((line) => line.textContent)).toEqual(Array(3).fill("This part of the chat cannot be shown here."));
  });
});

describe("the history", () => {
  const list = { data: [thread("thr_2", "Second"), thread("thr_1", "First")], has_more: false };

  async function opened(...answers: Response[]) {
    const server = new ScriptedServer().answer(json(list));
    for (const each of answers) server.answer(each);
    const panel = new PanelOnPage(server);
    await panel.element.showHistory();
    await panel.until(() => panel.find(".thread") !== null);
    return panel;
  }

  test("lists all chats, newest first, and opens one", async () => {
    const panel = await opened(json({ ...thread("thr_1", "First"), items: { data: [user("m", "hello")], has_more: false } }));
    expect(panel.server.asked[0]).toMatchObject({ type: "threads.list", params: { limit: 9999, order: "desc" } });
    expect(panel.all(".thread-title").map((title) => title.textContent)).toEqual(["Second", "First"]);
    panel.button("First").click();
    await panel.until(() => panel.text.includes("hello"));
    expect(panel.names).toEqual(["ready", "history.open", "history.close", "thread.change", "thread.load.start", "thread.load.end"]);
  });

  test("renames a chat", async () => {
    const panel = await opened(json(thread("thr_2", "New name")));
    panel.button("Rename Second").click();
    await panel.until(() => panel.find(".rename input") !== null);
    (panel.find(".rename input") as HTMLInputElement).value = "New name";
    panel.find(".rename")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    await panel.until(() => panel.all(".thread-title")[0]?.textContent === "New name");
    expect(panel.server.asked[1]).toMatchObject({ type: "threads.update", params: { thread_id: "thr_2", title: "New name" } });
  });

  test("deletes a chat only after a question", async () => {
    const panel = await opened(json({}));
    panel.button("Delete Second").click();
    await panel.until(() => panel.find(".confirm") !== null);
    expect(panel.server.asked.length).toBe(1);
    (panel.find(".danger") as HTMLButtonElement).click();
    await panel.until(() => panel.all(".thread-title").length === 1);
    expect(panel.server.asked[1]).toMatchObject({ type: "threads.delete", params: { thread_id: "thr_2" } });
  });

  test("says that it could not be loaded, and can be asked again", async () => {
    const panel = new PanelOnPage(new ScriptedServer().answer(json({}, 503)).answer(json(list)));
    await panel.element.showHistory();
    await panel.until(() => problem(panel) === "Your chats could not be loaded.");
    panel.button("Retry").click();
    await panel.until(() => panel.find(".thread") !== null);
  });
});
