import { useEffect, useRef, useState } from "preact/hooks";
import type { Options } from "../options";
import type { Thread } from "../protocol.gen";
import type { Session } from "../session";
import { IconButton } from "./IconButton";

interface Props {
  thread: Thread;
  current: boolean;
  options: Options;
  session: Session;
}

/** A chat in the list: opened by a click, renamed in place, deleted after a question. */
export function HistoryRow({ thread, current, options, session }: Props) {
  const { strings, history, locale } = options;
  const [doing, setDoing] = useState<"renaming" | "deleting" | null>(null);
  const title = thread.title || strings.untitled;
  const stop = () => setDoing(null);

  if (doing === "renaming") return <Rename {...{ thread, strings, session, stop }} />;
  if (doing === "deleting") return <Delete {...{ thread, strings, session, stop }} />;
  return (
    <li class={`thread ${current ? "current" : ""}`}>
      <button type="button" class="open" aria-current={current ? "true" : undefined} onClick={() => void session.pickThread(thread.id)}>
        <span class="thread-title">{title}</span>
        <time dateTime={thread.created_at}>{dateWords(thread.created_at, locale)}</time>
      </button>
      {history.renamable && <IconButton icon="pencil" label={strings.rename(title)} onClick={() => setDoing("renaming")} />}
      {history.removable && <IconButton icon="trash" label={strings.remove(title)} onClick={() => setDoing("deleting")} />}
    </li>
  );
}

interface StepProps {
  thread: Thread;
  strings: Options["strings"];
  session: Session;
  stop: () => void;
}

function Rename({ thread, strings, session, stop }: StepProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const save = (event: Event) => {
    event.preventDefault();
    const title = field.current?.value.trim() ?? "";
    if (title !== "" && title !== thread.title) void session.list.rename(thread, title);
    stop();
  };
  return (
    <li class="thread">
      <form class="rename" onSubmit={save} onKeyDown={(event) => escape(event, stop)}>
        <input ref={field} aria-label={strings.renameLabel} defaultValue={thread.title ?? ""} maxLength={200} />
        <IconButton icon="close" label={strings.cancel} onClick={stop} />
        <button type="submit" class="button">
          {strings.save}
        </button>
      </form>
    </li>
  );
}

function Delete({ thread, strings, session, stop }: StepProps) {
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  return (
    <li class="thread">
      <div class="confirm" role="alertdialog" aria-label={strings.confirmRemove} onKeyDown={(event) => escape(event, stop)}>
        <p>{strings.confirmRemove}</p>
        <button type="button" class="button" onClick={stop}>
          {strings.cancel}
        </button>
        <button type="button" class="button danger" ref={yes} onClick={() => void session.list.remove(thread)}>
          {strings.confirmRemoveYes}
        </button>
      </div>
    </li>
  );
}

/** Ends this step only, not the list or the panel around it. */
function escape(event: KeyboardEvent, stop: () => void): void {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  stop();
}

function dateWords(time: string, locale: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);
}
