import { expect, test } from "vitest";
import { en } from "./strings";
import { describeTask } from "./task";
import type { Task } from "./protocol.gen";
import { call } from "./testing/items";

const describeOver = (task: Task) => describeTask(task, true, en);

test("the state of a call is told by its indicator, its icon and the end of the turn", () => {
  const failed: Task = { type: "custom", title: "add_task", icon: "lucide:circle-x", status_indicator: "complete" };
  const states = [
    describeTask(call("a", "loading"), false, en),
    describeOver(call("a", "loading")),
    describeOver(call("a", "complete")),
    describeOver(failed),
    describeOver({ ...failed, icon: "lucide:circle-slash" }),
    describeOver({ type: "thought", content: "hm", status_indicator: "none" }),
  ].map(({ state }) => state);
  expect(states).toEqual(["running", "ended", "done", "failed", "ended", "plain"]);
});

test("arguments are laid out for reading, and cannot break out of their block", () => {
  expect(describeOver(call("a", "complete", '{"title":"x"}')).detail).toBe('```json\n{\n  "title": "x"\n}\n```');
  expect(describeOver(call("a", "complete", "`{\"a\":1}`")).detail).toBe('```json\n{\n  "a": 1\n}\n```');
  expect(describeOver(call("a", "complete", '{"t":"```\\n# x"}')).detail).toMatch(/^````json\n[\s\S]*\n````$/);
  expect(describeOver(call("a", "complete", '{"title": "un')).detail).toBe('```json\n{"title": "un\n```');
  expect(describeOver(call("a", "complete", "**done** in 3 ms")).detail).toBe("**done** in 3 ms");
  expect(describeOver(call("a", "complete", "  ")).detail).toBeNull();
});

test("searches list what was asked and what was found, none of it read as Markdown", () => {
  const search: Task = {
    type: "web_search",
    status_indicator: "complete",
    queries: ["*stars*"],
    sources: [{ type: "url", title: "A [page]", url: "https://x.example/a>b" }],
  };
  expect(describeOver(search).detail).toBe("- \\*stars\\*\n- [A \\[page\\]](<https://x.example/a%3Eb>)");
});

test("a kind that is not known has a name all the same", () => {
  expect(describeOver({ type: "juggle", status_indicator: "complete" } as unknown as Task)).toMatchObject({ title: "Task", state: "done" });
});
