import type { Source, Task } from "./protocol.gen";
import type { Strings } from "./strings";

export type TaskState = "running" | "done" | "failed" | "ended" | "plain";

/** A task as a badge shows it, whatever its kind. */
export interface TaskDescription {
  title: string;
  state: TaskState;
  icon: string;
  /** Markdown shown when the badge is opened; null if there is nothing more to show. */
  detail: string | null;
}

/** The protocol has no failed state; servers say it with this icon. */
const FAILED_ICON = /(^|:)(circle-x|x-circle|triangle-alert|circle-alert)$/;

/** And with this one that it was still running when the turn ended. */
const ENDED_ICON = /(^|:)circle-slash$/;

/** @param over whether the turn is over: what has not finished by then never will */
export function describeTask(task: Task, over: boolean, strings: Strings): TaskDescription {
  const state = taskState(task, over);
  const { title, detail, icon } = describeKind(task, strings);
  return { title: task.title || title, state, icon: stateIcon(state) ?? icon, detail: detail?.trim() ? detail : null };
}

function taskState(task: Task, over: boolean): TaskState {
  if (task.status_indicator === "loading") return over ? "ended" : "running";
  if (task.type === "custom" && FAILED_ICON.test(task.icon ?? "")) return "failed";
  if (task.type === "custom" && ENDED_ICON.test(task.icon ?? "")) return "ended";
  return task.status_indicator === "complete" ? "done" : "plain";
}

function stateIcon(state: TaskState): string | null {
  return { running: null, done: "check", failed: "failed", ended: "minus", plain: null }[state];
}

function describeKind(task: Task, strings: Strings): { title: string; icon: string; detail: string | null } {
  switch (task.type) {
    case "custom":
      return { title: strings.task, icon: task.icon ?? "bolt", detail: legible(task.content ?? "") };
    case "thought":
      return { title: strings.thoughts, icon: "brain", detail: task.content };
    case "web_search":
      return { title: task.title_query || strings.searchedWeb, icon: "globe", detail: searchDetail(task.queries, task.sources) };
    case "file":
      return { title: strings.readFiles, icon: "document", detail: list((task.sources ?? []).map(sourceLine)) };
    case "image":
      return { title: strings.madeImage, icon: "images", detail: null };
    default:
      return { title: strings.task, icon: "dot", detail: null };
  }
}

function searchDetail(queries: readonly string[] = [], sources: readonly Source[] = []): string {
  return list([...queries.map(literal), ...sources.map(sourceLine)]);
}

function sourceLine(source: Source): string {
  const title = literal(source.title);
  return source.type === "url" ? `[${title}](<${source.url.replace(/[<>\n]/g, encodeURIComponent)}>)` : title;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** Keeps a text from being read as Markdown. */
function literal(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]()#+!|<>~&-]/g, "\\$&");
}

/** Arguments come as JSON on one line; people read them better with a line for each. */
function legible(content: string): string {
  const bare = content.trim().replace(/^`+([\s\S]*?)`+$/, "$1");
  if (!/^[[{]/.test(bare)) return content;
  try {
    return fenced(JSON.stringify(JSON.parse(bare), null, 2));
  } catch {
    return fenced(bare);
  }
}

/** A fence longer than any run of backticks inside, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}
