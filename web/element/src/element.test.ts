import { afterEach, describe, expect, test, vi } from "vitest";
import { assistant, thread, user } from "./testing/items";
import { PanelOnPage } from "./testing/panel";
import { json, ScriptedServer, stream } from "./testing/server";
import "./main";
import type { ChatKitElement } from "./element";

const api = { url: "/chatkit", domainKey: "any", fetch: new ScriptedServer().fetch };

function element(): ChatKitElement {
  return document.createElement("openai-chatkit") as ChatKitElement;
}

/** Waits until an element that has options has told so, or would have. */
async function whenReady(target: ChatKitElement): Promise<void> {
  await target.hideHistory();
}

afterEach(() => document.body.replaceChildren());

describe("ready", () => {
  test("comes once, after the listeners of the same frame are there, however often options are set", async () => {
    const target = element();
    document.body.append(target);
    target.setOptions({ api });
    target.setOptions({ api });
    const ready = vi.fn();
    target.addEventListener("chatkit.ready", ready);
    await whenReady(target);
    target.setOptions({ api, theme: "dark" });
    await whenReady(target);
    expect(ready).toHaveBeenCalledTimes(1);
  });

  test("is not told before the element is on a page", async () => {
    const target = element();
    const ready = vi.fn();
    target.addEventListener("chatkit.ready", ready);
    target.setOptions({ api });
    expect(ready).not.toHaveBeenCalled();
    document.body.append(target);
    await whenReady(target);
    expect(ready).toHaveBeenCalledTimes(1);
  });

  test("is told to the first listener that comes late, and to no later one", async () => {
    const target = element();
    document.body.append(target);
    target.setOptions({ api });
    await whenReady(target);
    const [first, second] = [vi.fn(), vi.fn()];
    target.addEventListener("chatkit.ready", first);
    target.addEventListener("chatkit.ready", second);
    await Promise.resolve();
    target.addEventListener("chatkit.ready", () => {});
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
  });

  test("is not told again to the page that heard it and listens anew", async () => {
    const target = element();
    document.body.append(target);
    const abort = new AbortController();
    const ready = vi.fn();
    target.addEventListener("chatkit.ready", ready, { signal: abort.signal });
    target.setOptions({ api });
    await whenReady(target);
    abort.abort();
    target.addEventListener("chatkit.ready", ready);
    await Promise.resolve();
    expect(ready).toHaveBeenCalledTimes(1);
  });

  test("is not told again to a page that listened before the script had loaded", async () => {
    const target = element();
    document.body.append(target);
    const ready = vi.fn();
    const listener = (event: Event) => ready((event as CustomEvent).detail);
    EventTarget.prototype.addEventListener.call(target, "chatkit.ready", listener);
    target.setOptions({ api });
    await whenReady(target);
    target.addEventListener("chatkit.ready", () => ready("again"));
    await Promise.resolve();
    expect(ready.mock.calls).toEqual([[null]]);
  });

  test("reaches the second listener when React's StrictMode takes the first away at once", async () => {
    const target = element();
    document.body.append(target);
    target.setOptions({ api });
    await whenReady(target);
    const abort = new AbortController();
    const ready = vi.fn();
    target.addEventListener("chatkit.ready", ready, { signal: abort.signal });
    abort.abort();
    target.addEventListener("chatkit.ready", ready);
    await Promise.resolve();
    expect(ready).toHaveBeenCalledTimes(1);
  });
});

describe("options", () => {
  test("without api.url are refused", () => {
    expect(() => element().setOptions({} as never)).toThrow(/api\.url/);
    expect(() => element().setOptions({ api: { getClientSecret: async () => "x" } })).toThrow(/getClientSecret/);
  });

  test("that are unknown are warned of once and do no harm", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const options = { api, holograms: true, composer: { telepathy: true } } as never;
    element().setOptions(options);
    element().setOptions(options);
    expect(warn.mock.calls.map(([words]) => words)).toEqual([
      "openai-chatkit: option holograms is not known and is ignored",
      "openai-chatkit: option composer.telepathy is not known and is ignored",
    ]);
    warn.mockRestore();
  });

  test("may be set anew without losing the thread or what is being written", async () => {
    const panel = new PanelOnPage();
    await panel.ready();
    panel.type("half a thought");
    panel.element.setOptions({ ...panel.options, theme: "dark", composer: { placeholder: "Say more" } });
    await panel.drawn();
    expect([panel.field.value, panel.field.placeholder]).toEqual(["half a thought", "Say more"]);
    expect(panel.find(".panel")?.getAttribute("style")).toContain("color-scheme: dark");
  });

  test("with a fetch of the window's own are explained", async () => {
    const server = new ScriptedServer().answer(new TypeError("Illegal invocation"));
    const shout = vi.spyOn(console, "error").mockImplementation(() => {});
    const panel = new PanelOnPage(server);
    await panel.element.sendUserMessage({ text: "hi" });
    expect(shout.mock.calls[0]?.[0]).toContain("fetch: (url, init) => fetch(url, init)");
    shout.mockRestore();
  });

  test("call fetch as a bare function, with the one language of the panel", async () => {
    const server = new ScriptedServer().answer(stream());
    let receiver: unknown = "not called";
    const fetch = function (this: unknown, url: RequestInfo | URL, init?: RequestInit) {
      receiver = this;
      return server.fetch(url, init);
    };
    const panel = new PanelOnPage(server, { api: { url: "/x", domainKey: "", fetch }, locale: "de-DE" });
    await panel.element.sendUserMessage({ text: "hi" });
    expect(receiver).toBeUndefined();
    expect(server.asked[0]?.init.headers).toMatchObject({ "Accept-Language": "de-DE", "Content-Type": "application/json" });
  });
});

describe("the element on its page", () => {
  test("has an open shadow root", () => {
    expect(element().shadowRoot).not.toBeNull();
  });

  test("mirrors the attribute that React 18 writes for className", () => {
    const target = element();
    target.setAttribute("classname", "wide");
    expect(target.className).toBe("wide");
    target.removeAttribute("classname");
    expect(target.hasAttribute("class")).toBe(false);
  });

  test("keeps its answer running while it is moved, and ends it when it is taken away", async () => {
    const signals: AbortSignal[] = [];
    const server = new ScriptedServer();
    for (let count = 0; count < 2; count++) {
      server.answer(({ init }) => {
        signals.push(init.signal as AbortSignal);
        return new Promise(() => {});
      });
    }
    const panel = new PanelOnPage(server);
    await panel.ready();
    void panel.element.sendUserMessage({ text: "hi" });
    await panel.until(() => signals.length === 1);
    const box = document.createElement("div");
    document.body.append(box);
    box.append(panel.element);
    await new Promise((resolve) => setTimeout(resolve));
    expect(signals[0]?.aborted).toBe(false);
    panel.remove();
    await panel.until(() => signals[0]?.aborted === true);
    expect(panel.names.at(-1)).toBe("response.end");
  });

  test("survives a second load of its script", async () => {
    const definition = customElements.get("openai-chatkit");
    vi.resetModules();
    await import("./main");
    expect(customElements.get("openai-chatkit")).toBe(definition);
  });

  test("has every method of the official element", () => {
    const names = ["setOptions", "focusComposer", "setThreadId", "sendUserMessage", "setComposerValue", "fetchUpdates", "sendCustomAction", "showHistory", "hideHistory"] as const;
    for (const name of names) expect(element()[name]).toBeTypeOf("function");
  });
});

describe("the thread a page begins with", () => {
  const loaded = { ...thread("thr_1", "Tasks"), items: { data: [user("m1", "hello"), assistant("m2", "hi there")], has_more: false } };

  test("is loaded after ready", async () => {
    const server = new ScriptedServer().answer(json(loaded));
    const panel = new PanelOnPage(server, { initialThread: "thr_1" });
    panel.element.setOptions({ ...panel.options, initialThread: "thr_1" });
    await panel.until(() => panel.names.includes("thread.load.end"));
    await panel.drawn();
    expect(panel.events).toEqual([
      ["ready", null],
      ["thread.load.start", { threadId: "thr_1" }],
      ["thread.load.end", { threadId: "thr_1" }],
    ]);
    expect(panel.text).toContain("hi there");
    expect(server.types).toEqual(["threads.get_by_id"]);
  });

  test("becomes a new chat when it is gone", async () => {
    const server = new ScriptedServer().answer(json({ error: { code: "not_found", message: "no" } }, 404));
    const panel = new PanelOnPage(server, { initialThread: "thr_1" });
    await panel.until(() => panel.names.includes("thread.change"));
    await panel.drawn();
    expect(panel.names).toEqual(["ready", "thread.load.start", "error", "thread.load.end", "thread.change"]);
    expect(panel.events.at(-1)).toEqual(["thread.change", { threadId: null }]);
    expect(panel.find("[role=alert]")).toBeNull();
    expect(panel.text).toContain("What can I help with today?");
  });

  test("can be loaded again when loading failed", async () => {
    const server = new ScriptedServer().answer(json({}, 503)).answer(json(loaded));
    const panel = new PanelOnPage(server, { initialThread: "thr_1" });
    await panel.until(() => panel.find("[role=alert]") !== null);
    panel.button("Retry").click();
    await panel.until(() => panel.text.includes("hi there"));
    expect(panel.find("[role=alert]")).toBeNull();
  });

  test("shows its end first when it is long, and fetches what is older after it", async () => {
    const first = { ...thread("thr_1"), items: { data: [user("m0", "very first")], has_more: true, after: "m0" } };
    const server = new ScriptedServer()
      .answer(json(first))
      .answer(json({ data: [], has_more: true, after: "hidden" }))
      .answer(json({ data: [assistant("m9", "last"), user("m8", "last but one")], has_more: true, after: "m8" }))
      .answer(json({ data: [user("m0", "very first")], has_more: false }));
    const panel = new PanelOnPage(server, { initialThread: "thr_1" });
    await panel.until(() => panel.text.includes("very first"));
    expect(server.asked.map(({ type, params }) => [type, params.order, params.after])).toEqual([
      ["threads.get_by_id", undefined, undefined],
      ["items.list", "desc", undefined],
      ["items.list", "desc", "hidden"],
      ["items.list", "desc", "m8"],
    ]);
    expect(panel.all("article").map((article) => article.textContent)).toEqual([
      "You saidvery first",
      "You saidlast but one",
      "Assistant saidlast",
    ]);
  });
});
