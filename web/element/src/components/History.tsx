import { useEffect, useRef, useState } from "preact/hooks";
import type { Options } from "../options";
import type { Session } from "../session";
import type { Failure, History as HistoryState } from "../state";
import { ErrorRow } from "./ErrorRow";
import { HistoryRow } from "./HistoryRow";

interface Props {
  history: HistoryState;
  failure: Failure | null;
  current: string | null;
  options: Options;
  session: Session;
}

/** From so many chats on, looking for one by its title is worth a field. */
const SEARCH_FROM = 8;

/** The list of chats, newest first. */
export function History({ history, failure, current, options, session }: Props) {
  const { strings } = options;
  const { threads, status } = history;
  const [words, setWords] = useState("");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.focus(), []);
  const shown = threads.filter((thread) => (thread.title ?? "").toLocaleLowerCase().includes(words.toLocaleLowerCase().trim()));

  return (
    <div class="history" part="history" role="region" aria-label={strings.history} tabIndex={-1} ref={list}>
      {threads.length >= SEARCH_FROM && (
        <input
          type="search"
          class="search"
          aria-label={strings.filterThreads}
          placeholder={strings.filterThreads}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      )}
      {status === "failed" && (
        <div class="error" role="alert">
          <p>{strings.historyFailed}</p>
          <button type="button" class="button" onClick={() => void session.list.load()}>
            {strings.retry}
          </button>
        </div>
      )}
      {failure && <ErrorRow failure={{ ...failure, again: null }} session={session} strings={strings} />}
      {status === "loading" && threads.length === 0 && <p class="loading">{strings.loadingThread}</p>}
      {status === "loaded" && shown.length === 0 && <p class="hint">{threads.length === 0 ? strings.noThreads : strings.noMatch}</p>}
      <ul class="threads">
        {shown.map((thread) => (
          <HistoryRow key={thread.id} thread={thread} current={thread.id === current} options={options} session={session} />
        ))}
      </ul>
    </div>
  );
}
