import type { ChatKitOptions, OpenAIChatKit } from "@openai/chatkit";
import { createElement, render } from "preact";
import { Panel } from "./components/Panel";
import { plainText } from "./message";
import { parseOptions } from "./options";
import type { Attachment } from "./protocol.gen";
import { Ready } from "./ready";
import { Session } from "./session";
import sheetText from "./panel.css";
import { loadFonts } from "./theme";

/** Events that carry nothing. */
const WITHOUT_DETAIL = new Set(["response.start", "response.end", "history.open", "history.close"]);

type MessageParams = Parameters<OpenAIChatKit["sendUserMessage"]>[0];
type ComposerParams = Parameters<OpenAIChatKit["setComposerValue"]>[0];

/** `<openai-chatkit>`: the options, methods and events of the official element over this panel's own session. */
export class ChatKitElement extends HTMLElement implements OpenAIChatKit {
  static readonly observedAttributes = ["classname"];

  readonly #ready = new Ready(this);
  readonly #session = new Session(
    (name, detail) => this.#emit(name, detail),
    (text) => this.#speak(text),
  );
  #unsubscribe: (() => void) | null = null;
  #drawing = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [panelSheet()];
  }

  connectedCallback(): void {
    if (this.#unsubscribe) return;
    this.#unsubscribe = this.#session.context.store.subscribe(() => this.#draw());
    this.#draw();
    if (this.#session.configured) this.#ready.begin();
  }

  /** Moving the element takes it out and puts it back within one task; only what stays out is taken down. */
  disconnectedCallback(): void {
    setTimeout(() => {
      if (this.isConnected) return;
      this.#unsubscribe?.();
      this.#unsubscribe = null;
      this.#session.close();
    });
  }

  /** React 18 writes `className` on a custom element as an attribute of that name. */
  attributeChangedCallback(_name: string, _before: string | null, value: string | null): void {
    if (value === null) this.removeAttribute("class");
    else this.setAttribute("class", value);
  }

  setOptions(given: ChatKitOptions): void {
    const options = parseOptions(given);
    const first = !this.#session.configured;
    this.#session.configure(options);
    loadFonts(options.theme.typography?.fontSources);
    if (this.isConnected) this.#ready.begin();
    if (first && options.initialThread !== null) this.#openInitialThread(options.initialThread);
  }

  async focusComposer(): Promise<void> {
    await this.#ready.reached;
    this.#session.focusComposer();
  }

  async setThreadId(threadId: string | null): Promise<void> {
    await this.#ready.reached;
    await this.#session.setThread(threadId ?? null);
  }

  async sendUserMessage(params: MessageParams): Promise<void> {
    await this.#ready.reached;
    await this.#session.send(
      {
        ...(params.text !== undefined && { text: params.text }),
        ...(params.content && { content: params.content }),
        quote: params.reply ?? null,
        attachments: params.attachments?.map(({ id }) => id) ?? [],
        toolId: params.toolChoice?.id ?? null,
        ...(params.model && { modelId: params.model }),
      },
      params.newThread,
    );
  }

  async setComposerValue(params: ComposerParams): Promise<void> {
    await this.#ready.reached;
    const text = params.content ? plainText(params.content) : params.text;
    this.#session.compose({
      ...(text !== undefined && { text }),
      ...(params.reply !== undefined && { quote: params.reply }),
      ...(params.selectedToolId !== undefined && { toolId: params.selectedToolId }),
      ...(params.selectedModelId !== undefined && { modelId: params.selectedModelId }),
    });
    this.#session.files.adopt(params.attachments?.map(described) ?? []);
    this.#session.files.add(params.files ?? []);
  }

  async sendCustomAction(action: { type: string; payload?: Record<string, unknown> }, itemId?: string): Promise<void> {
    await this.#ready.reached;
    await this.#session.sendAction(action, itemId ?? null);
  }

  async showHistory(): Promise<void> {
    await this.#ready.reached;
    this.#session.list.show();
  }

  async hideHistory(): Promise<void> {
    await this.#ready.reached;
    this.#session.list.hide();
  }

  async fetchUpdates(): Promise<void> {
    await this.#ready.reached;
    await this.#session.fetchUpdates();
  }

  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
    this.#ready.listening(type, listener, options);
  }

  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener, options);
    this.#ready.stoppedListening(type, listener);
  }

  async #openInitialThread(id: string): Promise<void> {
    await this.#ready.reached;
    await this.#session.openInitialThread(id);
  }

  #emit(name: string, detail: unknown): void {
    const init = WITHOUT_DETAIL.has(name) ? {} : { detail };
    this.dispatchEvent(new CustomEvent(`chatkit.${name}`, init));
  }

  /** Without a live region, where the browser offers that: the text is not on the page twice. */
  #speak(text: string): boolean {
    if (!("ariaNotify" in this) || typeof this.ariaNotify !== "function") return false;
    this.ariaNotify(text);
    return true;
  }

  /** Draws once for all changes made in one go. */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      if (!this.shadowRoot) return;
      render(createElement(Panel, { state: this.#session.context.store.state, session: this.#session }), this.shadowRoot);
    });
  }
}

/** A file as the page knows it; what the panel draws of it is its name. */
function described(given: NonNullable<ComposerParams["attachments"]>[number]): Attachment {
  const file = { id: given.id, name: given.name, mime_type: given.mime_type };
  return given.type === "image" ? { type: "image", ...file, preview_url: given.preview_url } : { type: "file", ...file };
}

let sheet: CSSStyleSheet | null = null;

/** One sheet for all elements of the page. A constructed sheet needs no permission from a content security policy. */
function panelSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(sheetText);
  }
  return sheet;
}
