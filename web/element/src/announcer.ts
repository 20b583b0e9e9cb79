import { lastEntry } from "./conversation";
import { spoken } from "./markdown/spoken";
import type { State } from "./state";
import type { Store } from "./store";

/** How often somebody who cannot see the answer grow is told that it still does. */
const REMINDER_MS = 7_000;

/** How long a finished answer stands in the live region: long enough to be picked up, and not to be met again later. */
const SPOKEN_MS = 1_000;

/** Has a text spoken by the browser itself; false if this browser cannot. */
export type Speak = (text: string) => boolean;

/**
 * Tells people who listen to the page what happens. The growing text itself is not a live region, because screen
 * readers would speak every piece of it; they hear that an answer has begun, and its text once when it is complete.
 */
export class Announcer {
  #timer: ReturnType<typeof setInterval> | undefined;
  #reminders = 0;

  #clearing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store<State>,
    private readonly speak: Speak,
  ) {}

  begin(): void {
    this.stop();
    this.#say(this.#strings?.responding ?? "");
    this.#timer = setInterval(() => this.#remind(), REMINDER_MS);
  }

  /** A failure is spoken by its own row. */
  end({ stopped, failed }: { stopped: boolean; failed: boolean }): void {
    this.stop();
    if (failed) return this.#say("");
    const strings = this.#strings;
    this.#say((stopped ? strings?.stopped : strings?.complete) ?? "");
    if (!stopped) this.#speakAnswer(spoken(this.#answer()));
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#clearing);
  }

  #speakAnswer(text: string): void {
    if (text === "" || this.speak(text)) return;
    const { status } = this.store.state.said;
    this.#say(status, text);
    this.#clearing = setTimeout(() => this.#say(status), SPOKEN_MS);
  }

  /** The same words twice in a row are not spoken again, so every other reminder ends in a space of no width. */
  #remind(): void {
    this.#reminders += 1;
    this.#say((this.#strings?.stillResponding ?? "") + (this.#reminders % 2 ? "" : "\u200b"));
  }

  #say(status: string, text = ""): void {
    this.store.set({ said: { status, text } });
  }

  #answer(): string {
    const item = lastEntry(this.store.state.conversation)?.item;
    return item?.type === "assistant_message" ? item.content.map((part) => part.text).join("\n") : "";
  }

  get #strings() {
    return this.store.state.options?.strings;
  }
}
