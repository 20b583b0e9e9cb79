import { Component } from "preact";
import type { Entry, EntryPage } from "../conversation";
import type { Options } from "../options";
import type { Session } from "../session";
import { AnswerActions } from "./AnswerActions";
import { Item } from "./Item";
import { memo } from "./memo";

interface Props {
  page: EntryPage;
  /** The last page, which still changes. */
  last: boolean;
  responding: boolean;
  options: Options;
  session: Session;
}

/**
 * A page of entries. Once it has been laid out and no longer changes, the browser may skip it while it is out of sight;
 * it then remembers the height it had, so scrolling does not jump.
 */
class PageSectionInner extends Component<Props, { laidOut: boolean }> {
  override state = { laidOut: false };
  #frame = 0;

  override componentDidMount(): void {
    this.#frame = requestAnimationFrame(() => {
      this.#frame = requestAnimationFrame(() => this.setState({ laidOut: true }));
    });
  }

  override componentWillUnmount(): void {
    cancelAnimationFrame(this.#frame);
  }

  override render({ page, last, responding, options, session }: Props, { laidOut }: { laidOut: boolean }) {
    const { entries } = page;
    return (
      <section class={`page ${last ? "last" : laidOut ? "settled" : ""}`}>
        {entries.map((entry, index) => (
          <div class="entry" key={entry.key}>
            <Item entry={entry} responding={responding} strings={options.strings} />
            {endsAnswer(entries, index, last && responding) && (
              <AnswerActions turn={turnBefore(entries, index)} options={options} session={session} />
            )}
          </div>
        ))}
      </section>
    );
  }
}

export const PageSection = memo(PageSectionInner);

/** The last message of an answer carries the buttons for the whole answer. */
function endsAnswer(entries: readonly Entry[], index: number, growing: boolean): boolean {
  if (entries[index]?.item.type !== "assistant_message") return false;
  const next = entries[index + 1]?.item.type;
  return next === undefined ? !growing : next === "user_message" || next === "end_of_turn";
}

/** The entries of a turn: the user's message and everything up to the one at `index`. */
function turnBefore(entries: readonly Entry[], index: number): readonly Entry[] {
  const start = entries.findLastIndex((entry, at) => at < index && entry.item.type === "user_message");
  return entries.slice(Math.max(start, 0), index + 1);
}
