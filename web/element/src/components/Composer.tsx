import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { TargetedClipboardEvent, TargetedKeyboardEvent } from "preact";
import { acceptAttribute, readyFiles } from "../files";
import { characterCount, MESSAGE_LIMIT } from "../message";
import type { Options } from "../options";
import type { ThreadStatus } from "../protocol.gen";
import type { Session } from "../session";
import type { Composer as ComposerState } from "../state";
import { AttachedFiles } from "./AttachedFiles";
import { ComposerChoices } from "./ComposerChoices";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

interface Props {
  composer: ComposerState;
  status: ThreadStatus | undefined;
  responding: boolean;
  loading: boolean;
  stoppable: boolean;
  options: Options;
  session: Session;
}

/** Where messages are written. What is typed while an answer runs stays, and is sent when it has ended. */
export function Composer({ composer, status, responding, loading, stoppable, options, session }: Props) {
  const { strings } = options;
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => fitHeight(field.current), [composer.text]);
  useEffect(() => {
    if (composer.focus > 0) field.current?.focus();
  }, [composer.focus]);

  if (status?.type === "closed") return <p class="closed">{status.reason ?? strings.closed}</p>;
  const locked = status?.type === "locked";
  const tool = options.tools.find(({ id }) => id === composer.toolId);
  const placeholder = locked ? (status.reason ?? strings.locked) : (tool?.placeholderOverride ?? options.placeholder);
  const over = overLimit(composer.text);
  const files = readyFiles(composer.files);
  const written = composer.text.trim() !== "" || (files?.length ?? 0) > 0;
  const sendable = written && files !== null && over <= 0 && !loading && !locked;

  const submit = () => {
    if (sendable && !responding) void session.submit();
  };
  const stop = (event: MouseEvent) => {
    // The second half of a double click on Send is not meant for the button that has taken its place.
    if (event.detail < 2) void session.stop();
  };
  const paste = (event: TargetedClipboardEvent<HTMLTextAreaElement>) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (!options.files || pasted.length === 0) return;
    event.preventDefault();
    session.files.add(pasted);
  };
  const pick = () => {
    session.files.add([...(picker.current?.files ?? [])]);
    // So that the same file can be picked again.
    if (picker.current) picker.current.value = "";
  };
  const keyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    submit();
  };

  return (
    <form
      class={`composer ${options.tools.length + options.models.length > 0 ? "" : "plain"}`}
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {composer.quote && (
        <div class="reply">
          <Icon name="quote" />
          <span>
            <span class="unseen">{strings.quoting} </span>
            {composer.quote}
          </span>
          <IconButton icon="close" label={strings.removeQuote} onClick={() => session.compose({ quote: null })} />
        </div>
      )}
      <AttachedFiles files={composer.files} strings={strings} session={session} />
      <textarea
        ref={field}
        rows={1}
        aria-label={strings.message}
        aria-describedby="limit"
        placeholder={placeholder}
        disabled={locked}
        value={composer.text}
        onInput={(event) => session.compose({ text: event.currentTarget.value })}
        onKeyDown={keyDown}
        onPaste={paste}
      />
      <p class={`limit ${over > 0 ? "over" : ""}`} id="limit" role={over > 0 ? "alert" : undefined}>
        {limitWords(over, options)}
      </p>
      <div class="composer-bar">
        {options.files && (
          <>
            <input ref={picker} type="file" multiple hidden accept={acceptAttribute(options.files.accept)} onChange={pick} />
            <IconButton icon="attach" label={strings.file.add} disabled={locked} onClick={() => picker.current?.click()} />
          </>
        )}
        <ComposerChoices composer={composer} options={options} session={session} />
        {responding ? (
          <button type="button" class="send stop" aria-label={strings.stop} title={strings.stop} disabled={!stoppable} onClick={stop}>
            <Icon name="stop" />
          </button>
        ) : (
          <button type="submit" class="send" aria-label={strings.send} title={strings.send} disabled={!sendable}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

/** Enter also picks a word in an input method; some browsers say so only by the old key code. */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Characters over the limit; below zero is what is left. Short texts are not counted exactly. */
function overLimit(text: string): number {
  const most = text.length - MESSAGE_LIMIT;
  return most < -MESSAGE_LIMIT / 10 ? most : characterCount(text.trim()) - MESSAGE_LIMIT;
}

/** Says nothing until the limit is near. */
function limitWords(over: number, { strings, locale }: Options): string {
  const format = (count: number) => new Intl.NumberFormat(locale).format(count);
  if (over > 0) return strings.tooLong(format(over), format(MESSAGE_LIMIT));
  return over > -MESSAGE_LIMIT / 20 ? strings.almostFull(format(-over)) : "";
}

/** For browsers that cannot size a field to its content by themselves. */
function fitHeight(field: HTMLTextAreaElement | null): void {
  if (!field || globalThis.CSS?.supports?.("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
