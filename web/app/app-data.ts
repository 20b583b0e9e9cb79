import type { Config } from "./api/answers";
import { follow } from "./live";
import { resetPanel } from "./chat/panel";
import { client, session } from "./session";
import { Store } from "./store";
import { TaskList } from "./tasks/task-list";

/** What the pages show, and what keeps it up to date: begun when somebody signs in, forgotten when they leave. */

export const taskList = new TaskList(client);

/** What this server is set up as, once it has said so. */
export const config = new Store<Config | undefined>(undefined);

let configLoading: Promise<void> | undefined;

/** Without it the pages work and the chat waits; whoever signs in next asks again. */
export function loadConfig(): Promise<void> {
  configLoading ??= client
    .open<Config>("GET", "/config.json")
    .then((answer) => config.set(answer))
    .catch(() => {})
    .finally(() => (configLoading = undefined));
  return configLoading;
}

let person: string | undefined;
let stopFollowing = () => {};

session.subscribe(() => {
  const now = session.get();
  const next = now.state === "signed-in" ? now.user.id : undefined;
  if (next === person) return;
  person = next;
  stopFollowing();
  taskList.clear();
  resetPanel();
  if (next === undefined) return;
  if (!config.get()) void loadConfig();
  void taskList.load();
  stopFollowing = follow(client, {
    onEvent: ({ name, data }) => {
      if (name === "tasks.changed") void taskList.refresh(changedIds(data));
    },
    onGap: () => void taskList.load(),
  });
});

function changedIds(json: string): string[] {
  try {
    return idsIn(JSON.parse(json));
  } catch {
    return [];
  }
}

/** The ids in `{"ids": […]}`, the shape that both the events and the chat's effect have. */
export function idsIn(data: unknown): string[] {
  const ids = typeof data === "object" && data !== null && "ids" in data ? data.ids : [];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}
