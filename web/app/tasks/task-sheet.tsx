import { useEffect, useState, type FormEvent, type SyntheticEvent } from "react";
import type { Task } from "../api/answers";
import { inWords, isStatus } from "../api/errors";
import { taskList } from "../app-data";
import { CloseIcon } from "../icons";
import { navigate } from "../router";
import { titleProblem } from "./title";
import "./task-sheet.css";

interface Text {
  title: string;
  description: string;
}

/** What was typed into sheets that were closed without saving; a new look at the task shows it again. */
const unsaved = new Map<string, Text>();

/** One task over the list, to read and to change. */
export function TaskSheet({ id, back }: { id: string; back: string }) {
  const [task, setTask] = useState<Task>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    taskList.find(id).then(setTask, (error: unknown) => setProblem(inWords(error)));
  }, [id]);
  const close = () => navigate(back, { replace: true });
  return (
    <dialog className="sheet" aria-label="Task" ref={showModal} onClose={close} onClick={closeFromBackdrop}>
      <header className="sheet-head">
        <h2>{task ? `Task ${task.number}` : "Task"}</h2>
        <form method="dialog">
          <button className="icon-button" aria-label="Close">
            <CloseIcon />
          </button>
        </form>
      </header>
      {task ? <Editor task={task} onTask={setTask} close={close} /> : <p role="alert">{problem}</p>}
    </dialog>
  );
}

function showModal(dialog: HTMLDialogElement | null): void {
  if (dialog && !dialog.open) dialog.showModal();
}

function closeFromBackdrop(event: SyntheticEvent<HTMLDialogElement>): void {
  if (event.target === event.currentTarget) event.currentTarget.close();
}

interface EditorProps {
  task: Task;
  onTask: (task: Task) => void;
  close: () => void;
}

function Editor({ task, onTask, close }: EditorProps) {
  const [text, setText] = useState<Text>(unsaved.get(task.id) ?? task);
  const [problem, setProblem] = useState("");

  function type(change: Partial<Text>) {
    const typed = { title: text.title, description: text.description, ...change };
    setText(typed);
    unsaved.set(task.id, typed);
  }

  function done() {
    unsaved.delete(task.id);
    close();
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    const wrong = titleProblem(text.title);
    setProblem(wrong);
    if (wrong) return;
    try {
      await taskList.edit(task, { title: text.title.trim(), description: text.description });
      done();
    } catch (error) {
      setProblem(isStatus(error, 409) ? await catchUp(task, onTask) : inWords(error));
    }
  }

  return (
    <form className="sheet-form" onSubmit={(event) => void save(event)} noValidate>
      <label htmlFor="task-title">Title</label>
      <input
        id="task-title"
        value={text.title}
        autoComplete="off"
        aria-invalid={problem !== ""}
        aria-describedby="task-problem"
        onChange={(event) => type({ title: event.currentTarget.value })}
      />
      <label htmlFor="task-description">Description</label>
      <textarea
        id="task-description"
        rows={6}
        value={text.description}
        onChange={(event) => type({ description: event.currentTarget.value })}
      />
      <p id="task-problem" className="problem" role="alert">
        {problem}
      </p>
      <Times task={task} />
      <div className="sheet-buttons">
        <button type="submit" className="button primary">
          Save
        </button>
        <button type="button" className="button" onClick={done}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** Somebody else changed the task meanwhile: says how it is now, and lets the next Save win knowingly. */
async function catchUp(task: Task, onTask: (task: Task) => void): Promise<string> {
  await taskList.refresh([task.id]);
  const now = await taskList.find(task.id).catch(() => undefined);
  if (!now) return "This task was deleted meanwhile.";
  onTask(now);
  return `This task was changed meanwhile. It is now called “${now.title}”. Save again to keep your words.`;
}

function Times({ task }: { task: Task }) {
  return (
    <p className="quiet">
      Added <Moment at={task.created_at} />, last changed <Moment at={task.updated_at} />
    </p>
  );
}

function Moment({ at }: { at: string }) {
  const words = new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return <time dateTime={at}>{words}</time>;
}
