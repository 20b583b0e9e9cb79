import { afterEach, expect, test } from "vitest";
import type { ThreadStreamEvent } from "./protocol.gen";
import { assistant, call, thread, user, workflow } from "./testing/items";
import { PanelOnPage } from "./testing/panel";
import { json, OpenStream, ScriptedServer } from "./testing/server";

const kept = (...items: ReturnType<typeof user>[]) => json({ ...thread("thr_1"), items: { data: items, has_more: false } });
const delta = (text: string): ThreadStreamEvent => ({
  type: "thread.item.updated",
  item_id: "msg_2",
  update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: text },
});

afterEach(() => document.body.replaceChildren());

test("after a reload an answer that is still being given is gone on with", async () => {
  const open = new OpenStream();
  const server = new ScriptedServer()
    .answer(kept(user("msg_1", "hello"), assistant("msg_2", "I ha")))
    .at("/chatkit/threads/thr_1/turn", json({ turn_id: "trn_1" }))
    .at("/chatkit/turns/trn_1/events", open.response);
  const panel = new PanelOnPage(server, { initialThread: "thr_1" });
  await panel.until(() => panel.names.includes("response.start"));
  open.send(
    { type: "thread.item.done", item: user("msg_1", "hello") },
    { type: "thread.item.added", item: assistant("msg_2", "I have ") },
    delta("added it."),
  );
  await panel.until(() => panel.text.includes("I have added it."));
  expect(panel.all(".bubble").length).toBe(1);
  open.send({ type: "thread.item.done", item: assistant("msg_2", "I have added it.") });
  open.end();
  await panel.answered();
  expect(panel.text.match(/I have added it\./g)?.length).toBe(1);
  expect(panel.names).toEqual(["ready", "thread.load.start", "thread.load.end", "response.start", "response.end"]);
});

test("a reload finds nothing to go on with when the turn has ended, or the server cannot tell", async () => {
  for (const answer of [json({}, 404), json({}), json({}, 500)]) {
    const server = new ScriptedServer().answer(kept(user("msg_1", "hello"))).at("/chatkit/threads/thr_1/turn", answer);
    const panel = new PanelOnPage(server, { initialThread: "thr_1" });
    await panel.until(() => server.got.length === 1);
    await panel.drawn();
    expect(panel.names).toEqual(["ready", "thread.load.start", "thread.load.end"]);
    panel.remove();
  }
});

test("fetchUpdates comes back to an answer too, and does not wait for its end", async () => {
  const open = new OpenStream();
  const server = new ScriptedServer().answer(kept(user("msg_1", "hello"))).answer(kept(user("msg_1", "hello")));
  const panel = new PanelOnPage(server, { initialThread: "thr_1" });
  await panel.until(() => server.got.length === 1);
  server.at("/chatkit/threads/thr_1/turn", json({ turn_id: "trn_1" })).at("/chatkit/turns/trn_1/events", open.response);
  await panel.element.fetchUpdates();
  expect(panel.names.at(-1)).toBe("response.start");
  open.send({ type: "thread.item.done", item: assistant("msg_2", "Hi") });
  open.end();
  await panel.answered();
  expect(panel.text).toContain("Hi");
});

test("an answer that was come back to can be stopped", async () => {
  const open = new OpenStream();
  const server = new ScriptedServer()
    .answer(kept(user("msg_1", "hello"), workflow("wf_1", call("add_task", "loading"))))
    .at("/chatkit/threads/thr_1/turn", json({ turn_id: "trn_1" }))
    .at("/chatkit/turns/trn_1/events", open.response);
  const panel = new PanelOnPage(server, { initialThread: "thr_1" });
  await panel.until(() => panel.names.includes("response.start"));
  await panel.drawn();
  panel.button("Stop").click();
  await panel.answered();
  expect(open.released).toBe(true);
});

test("an endpoint whose address has a query keeps it", async () => {
  const server = new ScriptedServer().answer(kept(user("msg_1", "hello")));
  const api = { url: "/chatkit/?tenant=1", domainKey: "any", fetch: server.fetch };
  const panel = new PanelOnPage(server, { initialThread: "thr_1", api });
  await panel.until(() => server.got.length === 1);
  expect(server.got).toEqual(["/chatkit/threads/thr_1/turn?tenant=1"]);
  panel.remove();
});
