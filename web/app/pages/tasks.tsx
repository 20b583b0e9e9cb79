import { taskList } from "../app-data";
import { Link } from "../router";
import { useStore } from "../store";
import { AllDone, LoadFailed, NoMatch, NothingYet, Stale } from "../tasks/empty";
import { FILTERS, filterOf, type Filter } from "../tasks/filter";
import { QuickAdd } from "../tasks/quick-add";
import { TaskRows } from "../tasks/task-rows";
import { TaskSheet } from "../tasks/task-sheet";
import type { TaskView } from "../tasks/task-list";
import "./tasks.css";

/** The list; with `open`, the sheet of one task over it. */
export function Tasks({ query, open }: { query: URLSearchParams; open: string | undefined }) {
  const view = useStore(taskList.view);
  const filter = filterOf(query);
  return (
    <>
      <h1>Tasks</h1>
      <QuickAdd unseen={filter.name === "Completed"} />
      <Filters current={filter} view={view} />
      <List view={view} filter={filter} query={`${query}`} />
      {open && <TaskSheet key={open} id={open} back={query.size > 0 ? `/tasks?${query}` : "/tasks"} />}
    </>
  );
}

function Filters({ current, view: { summary } }: { current: Filter; view: TaskView }) {
  return (
    <nav className="filters" aria-label="Filter">
      {FILTERS.map((filter) => (
        <Link key={filter.name} href={filter.href} aria-current={filter === current ? "true" : undefined}>
          {filter.name} {summary && <span className="filter-count">{filter.count(summary)}</span>}
        </Link>
      ))}
    </nav>
  );
}

function List({ view, filter, query }: { view: TaskView; filter: Filter; query: string }) {
  const tasks = view.tasks.filter(filter.takes);
  return (
    <>
      {view.phase === "failed" && view.tasks.length > 0 && <Stale problem={view.problem} />}
      {tasks.length > 0 ? (
        <TaskRows tasks={tasks} highlighted={view.highlighted} query={query} />
      ) : (
        <Nothing view={view} filter={filter} />
      )}
      {view.next && (
        <button type="button" className="button more" onClick={() => void taskList.loadMore()}>
          Show older tasks
        </button>
      )}
    </>
  );
}

function Nothing({ view, filter }: { view: TaskView; filter: Filter }) {
  if (view.phase === "loading") return <p className="skeleton" aria-label="Loading tasks" role="status" />;
  if (view.phase === "failed" && view.tasks.length === 0) return <LoadFailed problem={view.problem} />;
  if (view.tasks.length === 0) return <NothingYet />;
  return filter.name === "Open" ? <AllDone /> : <NoMatch filter={filter.name} />;
}
