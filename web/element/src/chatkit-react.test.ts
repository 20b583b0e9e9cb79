import type { ChatKitOptions } from "@openai/chatkit";
import { ChatKit, useChatKit, type ChatKitControl, type UseChatKitOptions } from "@openai/chatkit-react";
import { createElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { assistant, thread, user } from "./testing/items";
import { ScriptedServer, stream } from "./testing/server";

/** A page that uses the official React package, unchanged. */
class ReactPage {
  readonly events: [name: string, detail: unknown][] = [];
  readonly server = new ScriptedServer();
  chat: ReturnType<typeof useChatKit> | undefined;
  #root: Root;

  constructor() {
    const box = document.createElement("div");
    document.body.append(box);
    this.#root = createRoot(box);
  }

  render(options: Partial<ChatKitOptions> = {}): void {
    this.#current = { ...this.#options(), ...options } as UseChatKitOptions;
    this.#root.render(createElement(StrictMode, null, createElement(this.#stable())));
  }

  get element(): HTMLElement | null {
    return document.querySelector("openai-chatkit");
  }

  get field(): HTMLTextAreaElement | null {
    return this.element?.shadowRoot?.querySelector("textarea") ?? null;
  }

  get names(): string[] {
    return this.events.map(([name]) => name);
  }

  unmount(): void {
    this.#root.unmount();
  }

  #current: UseChatKitOptions | undefined;
  #component: (() => ReturnType<typeof createElement>) | undefined;

  /** One component for all renderings, so that React keeps what it has mounted. */
  #stable() {
    this.#component ??= () => {
      this.chat = useChatKit(this.#current as UseChatKitOptions);
      return createElement(ChatKit, { control: this.chat.control as ChatKitControl });
    };
    return this.#component;
  }

  #options(): UseChatKitOptions {
    const heard = (name: string) => (detail?: unknown) => this.events.push([name, detail ?? null]);
    return {
      api: { url: "/chatkit", domainKey: "any", fetch: this.server.fetch },
      onReady: heard("ready"),
      onError: heard("error"),
      onLog: heard("log"),
      onEffect: heard("effect"),
      onResponseStart: heard("response.start"),
      onResponseEnd: heard("response.end"),
      onThreadChange: heard("thread.change"),
    } as UseChatKitOptions;
  }
}

const pages: ReactPage[] = [];

function page(): ReactPage {
  const made = new ReactPage();
  pages.push(made);
  return made;
}

afterEach(() => {
  for (const made of pages.splice(0)) made.unmount();
  document.body.replaceChildren();
});

async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 2000, interval: 2 });
}

/** The element is defined by the first test, which is about that, and stays so. */
describe("the official React package", () => {
  test("finds the panel that is defined after it was mounted", async () => {
    expect(customElements.get("openai-chatkit")).toBeUndefined();
    const late = page();
    late.render();
    await until(() => late.element !== null);
    expect(late.field).toBeNull();
    await import("./main");
    await until(() => late.names.includes("ready"));
    expect(late.field).not.toBeNull();
    expect(late.names).toEqual(["ready"]);
  });

  test("may be mounted, taken away and mounted again", async () => {
    const first = page();
    first.render();
    await until(() => first.names.includes("ready"));
    first.unmount();
    const second = page();
    second.render();
    await until(() => second.names.includes("ready"));
    expect([first.names, second.names]).toEqual([["ready"], ["ready"]]);
  });

  test("changes options without losing the thread or the draft", async () => {
    const one = page();
    one.server.answer(stream({ type: "thread.created", thread: thread() }, { type: "thread.item.done", item: user("m1", "hi") }));
    one.render();
    await until(() => one.names.includes("ready"));
    await one.chat?.sendUserMessage({ text: "hi" });
    await until(() => one.names.includes("response.end"));
    await one.chat?.setComposerValue({ text: "half a thought" });
    one.render({ theme: "dark" });
    await until(() => (one.element?.shadowRoot?.querySelector(".panel")?.getAttribute("style") ?? "").includes("dark"));
    expect(one.field?.value).toBe("half a thought");
    expect(one.element?.shadowRoot?.querySelector("[role=log]")?.textContent).toContain("hi");
    expect(one.events).toContainEqual(["thread.change", { threadId: "thr_1" }]);
  });

  test("hears what happens in an answer, each with its detail", async () => {
    const one = page();
    one.server.answer(
      stream(
        { type: "thread.created", thread: thread() },
        { type: "thread.item.done", item: user("m1", "hi") },
        { type: "client_effect", name: "tasks.changed", data: { ids: ["t"] } },
        { type: "thread.item.done", item: assistant("m2", "Hello") },
        { type: "error", code: "custom", message: "Quota reached", allow_retry: false },
      ),
    );
    one.render();
    await until(() => one.names.includes("ready"));
    await one.chat?.sendUserMessage({ text: "hi" });
    await until(() => one.names.includes("response.end"));
    expect(one.events).toContainEqual(["effect", { name: "tasks.changed", data: { ids: ["t"] } }]);
    const error = one.events.find(([name]) => name === "error")?.[1] as { error: Error };
    expect(error.error).toBeInstanceOf(Error);
    expect(one.names.filter((name) => name === "response.start")).toHaveLength(1);
  });

  test("reaches every method", async () => {
    const one = page();
    one.render();
    await until(() => one.names.includes("ready"));
    one.server.answer(stream({ type: "stream_options", stream_options: { allow_cancel: true } }));
    const chat = one.chat as NonNullable<typeof one.chat>;
    await chat.setComposerValue({ text: "draft" });
    expect(one.field?.value).toBe("draft");
    await chat.focusComposer();
    await chat.setThreadId(null);
    await chat.fetchUpdates();
    await expect(chat.sendCustomAction({ type: "go" })).rejects.toThrow();
  });
});
