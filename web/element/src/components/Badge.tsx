import { useId, useState } from "preact/hooks";
import { describeTask, type TaskState } from "../task";
import type { Task } from "../protocol.gen";
import type { Strings } from "../strings";
import { Icon } from "./Icon";
import { Markdown } from "./Markdown";

/** One step: its name and state while folded, what it was given when opened. */
export function Badge({ task, over, strings }: { task: Task; over: boolean; strings: Strings }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { title, state, icon, detail } = describeTask(task, over, strings);
  const face = (
    <>
      <StateMark state={state} icon={icon} />
      <span class="badge-title">{title}</span>
      <span class="unseen">{stateWord(state, strings)}</span>
    </>
  );
  if (detail === null) {
    return (
      <li class={`badge ${state}`}>
        <span class="badge-face">{face}</span>
      </li>
    );
  }
  return (
    <li class={`badge ${state} ${open ? "open" : ""}`}>
      <button type="button" class="badge-face" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {face}
        <Icon name="chevron-down" />
      </button>
      <div class="badge-detail" id={id} hidden={!open}>
        {open && <Markdown text={detail} strings={strings} />}
      </div>
    </li>
  );
}

function StateMark({ state, icon }: { state: TaskState; icon: string }) {
  return state === "running" ? <span class="spinner" aria-hidden="true" /> : <Icon name={icon} />;
}

function stateWord(state: TaskState, strings: Strings): string {
  return { running: strings.running, done: strings.done, failed: strings.failed, ended: strings.ended, plain: "" }[state];
}
