import { Component, createRef } from "preact";
import { isRunning, lastEntry, type Conversation } from "../conversation";
import type { Options } from "../options";
import type { Session } from "../session";
import type { Failure } from "../state";
import { ErrorRow } from "./ErrorRow";
import { Icon } from "./Icon";
import { memo } from "./memo";
import { NoticeRow } from "./NoticeRow";
import { PageSection } from "./PageSection";
import { StartScreen } from "./StartScreen";
import { Thinking } from "./Thinking";

interface Props {
  conversation: Conversation;
  responding: boolean;
  loading: boolean;
  loadingOlder: boolean;
  failure: Failure | null;
  options: Options;
  session: Session;
}

interface Place {
  height: number;
  top: number;
}

/** Closer to the end than this counts as reading the end. */
const END_PX = 40;

/** Older messages are asked for this long before their place comes into sight. */
const AHEAD_PX = 800;

/** Space left above the user's message when the answer below it grows past the end of the log. */
const ABOVE_PX = 12;

/** The conversation, and where in it the reader is. */
class LogInner extends Component<Props, { away: boolean }> {
  override state = { away: false };
  readonly #box = createRef<HTMLDivElement>();
  #following = true;
  #resize: ResizeObserver | null = null;

  override componentDidMount(): void {
    this.#follow();
    if (!this.#box.current || typeof ResizeObserver === "undefined") return;
    this.#resize = new ResizeObserver(() => this.#following && this.#follow());
    this.#resize.observe(this.#box.current);
  }

  override componentWillUnmount(): void {
    this.#resize?.disconnect();
  }

  override getSnapshotBeforeUpdate(): Place {
    const box = this.#box.current;
    return { height: box?.scrollHeight ?? 0, top: box?.scrollTop ?? 0 };
  }

  override componentDidUpdate(before: Props, _: unknown, place: Place): void {
    const { conversation, responding, loading } = this.props;
    const box = this.#box.current;
    if (!box) return;
    if ((responding && !before.responding) || loading !== before.loading) this.#following = true;
    // The reader stays at what they read when older messages come in above it.
    if (grewAbove(before.conversation, conversation)) box.scrollTop = place.top + box.scrollHeight - place.height;
    else if (this.#following) this.#follow();
    this.#wantOlder();
  }

  override render({ conversation, responding, loading, loadingOlder, failure, options, session }: Props, { away }: { away: boolean }) {
    const { strings } = options;
    const { pages } = conversation;
    const empty = pages.length === 0 && !loading && !responding && !conversation.thread;
    return (
      <div class="log-frame">
        <div
          class="log"
          part="log"
          role="log"
          // The growing text would be spoken piece by piece; Announcer speaks instead.
          aria-live="off"
          aria-busy={responding || loading}
          aria-label={strings.conversation}
          tabIndex={0}
          ref={this.#box}
          onScroll={() => this.#scrolled()}
        >
          {loading && <p class="loading">{strings.loadingThread}</p>}
          {loadingOlder && <p class="loading">{strings.loadingOlder}</p>}
          {empty && <StartScreen options={options} session={session} />}
          {pages.map((page, index) => (
            <PageSection
              key={page.id}
              page={page}
              last={index === pages.length - 1}
              responding={responding && index === pages.length - 1}
              options={options}
              session={session}
            />
          ))}
          {conversation.notices.map((notice, index) => (
            <NoticeRow key={index} notice={notice} strings={strings} />
          ))}
          {responding && isWaiting(conversation) && <Thinking progress={conversation.progress} strings={strings} />}
          {failure && <ErrorRow failure={failure} session={session} strings={strings} />}
        </div>
        {away && (
          <button type="button" class="jump" aria-label={strings.jump} title={strings.jump} onClick={() => this.#jump()}>
            <Icon name="down" />
          </button>
        )}
      </div>
    );
  }

  /** Shows the end; unless asked otherwise, not so far that the beginning of a long answer is lost. */
  #follow(): void {
    const box = this.#box.current;
    if (!box) return;
    const end = box.scrollHeight - box.clientHeight;
    const asked = this.props.responding && !this.props.options.autoScroll ? [...box.querySelectorAll<HTMLElement>(".page.last .message.user")].at(-1) : null;
    box.scrollTop = asked ? Math.min(end, asked.offsetTop - ABOVE_PX) : end;
  }

  #jump(): void {
    const box = this.#box.current;
    this.#following = true;
    box?.scrollTo({ top: box.scrollHeight, behavior: "instant" });
  }

  #scrolled(): void {
    const box = this.#box.current;
    if (!box) return;
    const rest = box.scrollHeight - box.clientHeight - box.scrollTop;
    this.#following = rest < END_PX;
    if (this.state.away !== rest > box.clientHeight / 2) this.setState({ away: !this.state.away });
    this.#wantOlder();
  }

  #wantOlder(): void {
    const box = this.#box.current;
    const { conversation, loadingOlder, failure, session } = this.props;
    if (!box || conversation.older === null || loadingOlder || failure || box.scrollTop > AHEAD_PX) return;
    void session.shown.loadOlder();
  }
}

export const Log = memo(LogInner);

function grewAbove(before: Conversation, after: Conversation): boolean {
  const [old] = before.pages;
  const [now] = after.pages;
  return old !== undefined && now !== undefined && now.id < old.id && after.pages.some((page) => page.id === old.id);
}

/** Nothing of the answer shows yet that would tell that the assistant is at work. */
function isWaiting(conversation: Conversation): boolean {
  const entry = lastEntry(conversation);
  if (!entry || conversation.progress) return true;
  if (entry.item.type === "assistant_message") return !entry.item.content?.some((part) => part.text !== "");
  return !isRunning(entry.item);
}
