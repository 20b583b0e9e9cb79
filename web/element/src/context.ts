import { Api } from "./api";
import { asError, explain } from "./failure";
import type { Options } from "./options";
import { initialState, type Again, type State } from "./state";
import { Store } from "./store";

/** A DOM event of the element, without its prefix `chatkit.`. */
export type Emit = (name: string, detail?: unknown) => void;

/** What the parts of a session share: the state, the network, and the page around the panel. */
export class Context {
  readonly store = new Store<State>(initialState);
  readonly api: Api;

  constructor(readonly emit: Emit) {
    this.api = new Api(() => this.options, (error) => emit("error", { error }));
  }

  get options(): Options {
    const { options } = this.store.state;
    if (!options) throw new Error("openai-chatkit: setOptions has not been called");
    return options;
  }

  get busy(): boolean {
    return this.store.state.responding || this.store.state.loading !== null;
  }

  /** Tells the person in words and the page by an event. */
  report(thrown: unknown, again: Again | null): void {
    const error = asError(thrown);
    this.store.set({ failure: { text: explain(error, this.options.strings).text, again } });
    this.emit("error", { error });
  }

  /** Says to the page what happened, for its logs; never what was written. */
  log(name: string): void {
    this.emit("log", { name });
  }
}
