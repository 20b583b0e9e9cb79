import type { TargetedDragEvent, TargetedKeyboardEvent } from "preact";
import { clicked } from "../clicks";
import type { Session } from "../session";
import type { State } from "../state";
import { themeVariables } from "../theme";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { History } from "./History";
import { Log } from "./Log";
import { Markdown } from "./Markdown";

/** The whole panel, drawn from one state. */
export function Panel({ state, session }: { state: State; session: Session }) {
  const { options, conversation, view, responding, failure, said } = state;
  if (!options) return null;
  const { disclaimer, strings } = options;
  const keyDown = (event: TargetedKeyboardEvent<HTMLElement>) => {
    if (event.key !== "Escape" || view !== "history") return;
    event.preventDefault();
    event.stopPropagation();
    session.list.hide();
    session.focusComposer();
  };
  const droppable = view === "conversation" && options.files !== null && conversation.thread?.status?.type !== "closed";
  const dragOver = (event: TargetedDragEvent<HTMLElement>) => {
    if (droppable && event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  const drop = (event: TargetedDragEvent<HTMLElement>) => {
    const dropped = [...(event.dataTransfer?.files ?? [])];
    if (!droppable || dropped.length === 0) return;
    event.preventDefault();
    session.files.add(dropped);
  };
  return (
    <div class="panel" role="region" aria-label={options.frameTitle} style={themeVariables(options.theme)} onKeyDown={keyDown} onClick={(event) => clicked(event, session.context.emit)} onDragOver={dragOver} onDrop={drop}>
      {options.header.enabled && <Header thread={conversation.thread} view={view} options={options} session={session} />}
      {view === "history" ? (
        <History history={state.history} failure={failure} current={conversation.thread?.id ?? null} options={options} session={session} />
      ) : (
        <>
          <Log
            conversation={conversation}
            responding={responding}
            loading={state.loading !== null}
            loadingOlder={state.loadingOlder}
            failure={failure}
            options={options}
            session={session}
          />
          <Composer
            composer={state.composer}
            status={conversation.thread?.status}
            responding={responding}
            loading={state.loading !== null}
            stoppable={conversation.stoppable}
            options={options}
            session={session}
          />
          {disclaimer && (
            <div class={`disclaimer ${disclaimer.highContrast ? "strong" : ""}`}>
              <Markdown text={disclaimer.text} strings={strings} />
            </div>
          )}
        </>
      )}
      <div class="unseen" role="status">
        {said.status}
      </div>
      <div class="unseen" aria-live="polite">
        {said.text}
      </div>
    </div>
  );
}
