import { onNextFrame } from "./frame";

const READY = "chatkit.ready";

interface Listening {
  listener: EventListenerOrEventListenerObject;
  signal: AbortSignal | undefined;
}

/**
 * Tells the page once that the element is ready. A page that sets options before it listens (the React wrapper does)
 * must not miss it, so the event comes after the next frame, and if nobody has heard it by then, the first listener
 * that comes later gets it. Later ones do not: the wrapper listens anew whenever its options change.
 */
export class Ready {
  readonly reached: Promise<void>;
  #resolve: () => void = () => {};
  #listening: Listening[] = [];
  #fired = false;
  #heard = false;
  #begun = false;

  constructor(private readonly target: EventTarget) {
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Call when options have been set; only the first call counts. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    // After the frame, so that listeners attached in the frame's effects are there.
    onNextFrame(() => setTimeout(() => this.#fire()));
  }

  listening(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void {
    if (type !== READY || !listener) return;
    const entry = { listener, signal: typeof options === "object" ? options.signal : undefined };
    this.#listening.push(entry);
    // A listener that is taken away at once, as in React's StrictMode, has not heard anything.
    if (this.#fired) queueMicrotask(() => this.#replayTo(entry));
  }

  stoppedListening(type: string, listener: EventListenerOrEventListenerObject | null): void {
    if (type === READY) this.#listening = this.#listening.filter((entry) => entry.listener !== listener);
  }

  #fire(): void {
    this.#fired = true;
    this.#heard = this.#listening.some((entry) => !entry.signal?.aborted);
    this.target.dispatchEvent(this.#watched(new CustomEvent(READY)));
    this.#resolve();
  }

  /**
   * Listeners attached before the script had loaded were not seen here. The React wrapper hands the event's detail on,
   * so asking for it shows that such a listener was there and has a use for the event.
   */
  #watched(event: CustomEvent): CustomEvent {
    const get = () => {
      this.#heard = true;
      return null;
    };
    return Object.defineProperty(event, "detail", { get });
  }

  #replayTo(entry: Listening): void {
    if (this.#heard || entry.signal?.aborted || !this.#listening.includes(entry)) return;
    this.#heard = true;
    const event = new CustomEvent(READY);
    if (typeof entry.listener === "function") entry.listener.call(this.target, event);
    else entry.listener.handleEvent(event);
  }
}
