import type { Task, User } from "../api/answers";
import { config, taskList } from "../app-data";
import { openPanel } from "../chat/panel";
import { PROMPTS } from "../chat/prompts";
import { Link } from "../router";
import { useStore } from "../store";
import { LoadFailed, NothingYet, AllDone } from "../tasks/empty";
import { TaskRows } from "../tasks/task-rows";
import type { TaskView } from "../tasks/task-list";
import "./dashboard.css";

const NEXT_TASKS = 5;

export function Dashboard({ user, now }: { user: User; now: Date }) {
  const view = useStore(taskList.view);
  const chat = useStore(config)?.chat.ui ?? "off";
  return (
    <>
      <h1>{greeting(now.getHours())}</h1>
      <p className="quiet">Signed in as {user.email}</p>
      <Counts view={view} />
      <section aria-labelledby="next">
        <div className="section-head">
          <h2 id="next">Next up</h2>
          <Link href="/tasks">All tasks</Link>
        </div>
        <NextUp view={view} />
      </section>
      {chat !== "off" && <Prompts />}
    </>
  );
}

function greeting(hour: number): string {
  if (hour < 5) return "Good night";
  if (hour < 12) return "Good morning";
  return hour < 18 ? "Good afternoon" : "Good evening";
}

function Counts({ view: { summary } }: { view: TaskView }) {
  const counts = [
    { name: "Open", count: summary?.open, href: "/tasks?status=open" },
    { name: "Completed", count: summary?.completed, href: "/tasks?status=completed" },
    { name: "In all", count: summary?.total, href: "/tasks" },
  ];
  return (
    <nav className="counts" aria-label="Counts">
      {counts.map(({ name, count, href }) => (
        <Link key={name} href={href} className="card count">
          <span className="count-number">{count ?? "–"}</span> <span>{name}</span>
        </Link>
      ))}
    </nav>
  );
}

function NextUp({ view }: { view: TaskView }) {
  const open: Task[] = view.tasks.filter((task) => !task.completed).slice(0, NEXT_TASKS);
  if (open.length > 0) return <TaskRows tasks={open} highlighted={view.highlighted} query="" />;
  if (view.phase === "loading") return null;
  if (view.phase === "failed") return <LoadFailed problem={view.problem} />;
  return view.tasks.length > 0 ? <AllDone /> : <NothingYet />;
}

function Prompts() {
  return (
    <section aria-labelledby="ask">
      <h2 id="ask">Ask the assistant</h2>
      <div className="prompts">
        {PROMPTS.map(({ label, prompt }) => (
          <button key={label} type="button" className="button" onClick={() => openPanel(String(prompt))}>
            {label}
          </button>
        ))}
      </div>
    </section>
  );
}
