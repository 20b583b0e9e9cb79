import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Announcer } from "./announcer";
import { loadedConversation } from "./conversation";
import { parseOptions } from "./options";
import { initialState, type State } from "./state";
import { Store } from "./store";
import { assistant, thread } from "./testing/items";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function announcing(speak: (text: string) => boolean) {
  const options = parseOptions({ api: { url: "/x", domainKey: "" } });
  const conversation = loadedConversation(thread(), [assistant("m", "**Done.**")], null);
  const store = new Store<State>({ ...initialState, options, conversation });
  return { store, announcer: new Announcer(store, speak) };
}

test("an answer that takes long is spoken of again and again, never in the same words twice in a row", () => {
  const { store, announcer } = announcing(() => true);
  announcer.begin();
  const said = [store.state.said.status];
  for (let count = 0; count < 3; count++) {
    vi.advanceTimersByTime(7000);
    said.push(store.state.said.status);
  }
  announcer.end({ stopped: false, failed: false });
  said.push(store.state.said.status);
  expect(said.every((words, at) => words !== said[at - 1])).toBe(true);
  expect(said.at(-1)).toBe("The answer is complete.");
  vi.advanceTimersByTime(60_000);
  expect(store.state.said.status).toBe("The answer is complete.");
});

test("the finished text is spoken once, by the browser where it can", () => {
  const speak = vi.fn(() => true);
  const { store, announcer } = announcing(speak);
  announcer.end({ stopped: false, failed: false });
  expect([speak.mock.calls, store.state.said.text]).toEqual([[["Done."]], ""]);
});

test("elsewhere it stands in the live region for a moment", () => {
  const { store, announcer } = announcing(() => false);
  announcer.end({ stopped: false, failed: false });
  expect(store.state.said.text).toBe("Done.");
  vi.advanceTimersByTime(1000);
  expect(store.state.said.text).toBe("");
});

test("a failure is left to its own row", () => {
  const { store, announcer } = announcing(() => true);
  announcer.begin();
  announcer.end({ stopped: false, failed: true });
  expect(store.state.said).toEqual({ status: "", text: "" });
});
