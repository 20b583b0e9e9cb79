import { useRef, useState, type FormEvent } from "react";
import { taskList } from "../app-data";
import { AddIcon } from "../icons";
import { showToast } from "../toasts";
import { titleProblem } from "./title";

/**
 * One line that is always there: Enter adds, and the next task can be typed at once. `unseen` when the list below does not
 * show open tasks.
 */
export function QuickAdd({ unseen }: { unseen: boolean }) {
  const [problem, setProblem] = useState("");
  const field = useRef<HTMLInputElement>(null);

  function add(event: FormEvent) {
    event.preventDefault();
    const input = field.current;
    if (!input) return;
    const title = input.value.trim();
    const wrong = titleProblem(title);
    setProblem(wrong);
    input.focus();
    if (wrong) return;
    input.value = "";
    void taskList.add(title).then((added) => {
      if (added && unseen) showToast({ text: `Added “${title}” to your open tasks.` });
    });
  }

  return (
    <form className="quick-add" onSubmit={add} noValidate>
      <label htmlFor="new-task">Add a task</label>
      <div className="quick-add-line">
        <input
          ref={field}
          id="new-task"
          autoComplete="off"
          placeholder="What needs doing?"
          aria-invalid={problem !== ""}
          aria-describedby="new-task-problem"
          onInput={() => setProblem("")}
        />
        <button type="submit" className="button primary" aria-label="Add">
          <AddIcon />
        </button>
      </div>
      <p id="new-task-problem" className="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
