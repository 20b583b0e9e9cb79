import type { Task } from "../api/answers";
import { taskList } from "../app-data";
import { DeleteIcon, EditIcon } from "../icons";
import { Link, navigate } from "../router";
import { isDraft } from "./operations";
import "./task-rows.css";

interface Props {
  tasks: readonly Task[];
  highlighted: ReadonlySet<string>;
  /** What the sheet of a task goes back to: the filters of this page. */
  query: string;
}

export function TaskRows({ tasks, highlighted, query }: Props) {
  return (
    <ul className="task-rows">
      {tasks.map((task) => (
        <TaskRow key={task.id} task={task} highlighted={highlighted.has(task.id)} query={query} />
      ))}
    </ul>
  );
}

function TaskRow({ task, highlighted, query }: { task: Task; highlighted: boolean; query: string }) {
  const adding = isDraft(task.id);
  const sheet = `/tasks/${encodeURIComponent(task.id)}${query && `?${query}`}`;
  return (
    <li className="task-row" data-completed={task.completed} data-highlighted={highlighted} aria-busy={adding}>
      <input
        type="checkbox"
        aria-label={task.title}
        checked={task.completed}
        disabled={adding}
        onChange={(event) => void taskList.setCompleted(task, event.currentTarget.checked)}
      />
      <div className="task-text">
        {adding ? <span className="task-title">{task.title}</span> : <Link href={sheet} className="task-title">{task.title}</Link>}
        {highlighted && <span className="task-hint">Just changed</span>}
        {task.description && <p className="task-description">{task.description}</p>}
      </div>
      {!adding && (
        <>
          <span className="task-number" title="Its number in the chat">
            #{task.number}
          </span>
          <button type="button" className="icon-button" aria-label={`Edit ${task.title}`} onClick={() => navigate(sheet)}>
            <EditIcon />
          </button>
          <button
            type="button"
            className="icon-button danger"
            aria-label={`Delete ${task.title}`}
            onClick={() => void taskList.remove(task)}
          >
            <DeleteIcon />
          </button>
        </>
      )}
    </li>
  );
}
