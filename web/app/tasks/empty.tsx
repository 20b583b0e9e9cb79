import { config, taskList } from "../app-data";
import { openPanel } from "../chat/panel";
import { Link } from "../router";
import { useStore } from "../store";

/** The reasons why there is no task to show; each says what to do next. */

export function NothingYet() {
  const chat = useStore(config)?.chat.ui ?? "off";
  return (
    <div className="empty">
      <h2>Nothing to do yet</h2>
      <p>Add your first task, or tell the assistant about it.</p>
      {chat !== "off" && (
        <button type="button" className="button" onClick={() => openPanel("Add a task called 'Meeting prep'")}>
          Ask the assistant
        </button>
      )}
    </div>
  );
}

export function AllDone() {
  return (
    <div className="empty">
      <h2>All done</h2>
      <p>No open task is left. Enjoy it.</p>
    </div>
  );
}

export function NoMatch({ filter }: { filter: string }) {
  return (
    <div className="empty">
      <h2>No {filter.toLowerCase()} tasks</h2>
      <p>
        <Link href="/tasks">Show all tasks</Link>
      </p>
    </div>
  );
}

export function LoadFailed({ problem }: { problem: string }) {
  return (
    <div className="empty" role="alert">
      <h2>Your tasks could not be loaded</h2>
      <p>{problem}</p>
      <TryAgain />
    </div>
  );
}

/** Some tasks are shown, but they may be old. */
export function Stale({ problem }: { problem: string }) {
  return (
    <div className="stale" role="alert">
      <p>This list may be out of date. {problem}</p>
      <TryAgain />
    </div>
  );
}

function TryAgain() {
  return (
    <button type="button" className="button" onClick={() => void taskList.load()}>
      Try again
    </button>
  );
}
