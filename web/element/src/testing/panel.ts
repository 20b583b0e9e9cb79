import type { ChatKitOptions } from "@openai/chatkit";
import "../main";
import type { ChatKitElement } from "../element";
import { ScriptedServer } from "./server";

const EVENTS =
  "ready error response.start response.end thread.change thread.load.start thread.load.end effect tool.change history.open history.close deeplink";

/** A panel on a page, driven as a person would and watched as a page would. */
export class PanelOnPage {
  readonly element: ChatKitElement;
  /** Events of the element in order, with their detail. */
  readonly events: [name: string, detail: unknown][] = [];

  constructor(
    readonly server = new ScriptedServer(),
    options: Partial<ChatKitOptions> = {},
  ) {
    this.element = document.createElement("openai-chatkit") as ChatKitElement;
    for (const name of EVENTS.split(" ")) {
      this.element.addEventListener(`chatkit.${name}`, (event) => this.events.push([name, (event as CustomEvent).detail]));
    }
    document.body.append(this.element);
    this.element.setOptions({ ...this.options, ...options });
  }

  get options(): ChatKitOptions {
    return { api: { url: "/chatkit", domainKey: "any", fetch: this.server.fetch } };
  }

  get names(): string[] {
    return this.events.map(([name]) => name);
  }

  get field(): HTMLTextAreaElement {
    return this.find("textarea") as HTMLTextAreaElement;
  }

  get text(): string {
    return this.find("[role=log]")?.textContent ?? "";
  }

  find(selector: string): HTMLElement | null {
    return this.element.shadowRoot?.querySelector<HTMLElement>(selector) ?? null;
  }

  all(selector: string): HTMLElement[] {
    return [...(this.element.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
  }

  /** The button a person would find by this name. */
  button(name: string): HTMLButtonElement {
    const found = this.all("button").find((button) => (button.getAttribute("aria-label") ?? button.textContent ?? "").includes(name));
    if (!found) throw new Error(`no button ${name}`);
    return found as HTMLButtonElement;
  }

  type(text: string): void {
    this.field.value = text;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  press(key: string, init: KeyboardEventInit = {}): KeyboardEvent {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    this.field.dispatchEvent(event);
    return event;
  }

  async say(text: string): Promise<void> {
    this.type(text);
    await this.drawn();
    this.press("Enter");
  }

  ready(): Promise<void> {
    return this.until(() => this.names.includes("ready"));
  }

  /** Waits for what the panel does by itself; fails loudly if it never does. */
  async until(condition: () => boolean): Promise<void> {
    const { vi } = await import("vitest");
    await vi.waitUntil(condition, { timeout: 2000, interval: 2 });
  }

  async drawn(): Promise<void> {
    await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
  }

  async answered(): Promise<void> {
    await this.until(() => this.names.includes("response.end"));
    await this.drawn();
  }

  remove(): void {
    this.element.remove();
  }
}
