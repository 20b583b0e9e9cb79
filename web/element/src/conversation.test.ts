import { describe, expect, test } from "vitest";
import { cutAfter, entriesOf, loadedConversation, refreshed, withOlder } from "./conversation";
import { assistant, thread, user } from "./testing/items";

const ids = (conversation: Parameters<typeof entriesOf>[0]) => entriesOf(conversation).map((entry) => entry.item.id);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => user(`m${from + at}`, "x"));

describe("a long thread", () => {
  test("older items come in front, in pages of their own, and those already there are left out", () => {
    const newest = loadedConversation(thread(), range(60, 100), "m60");
    const whole = withOlder(newest, range(0, 61), null);
    expect(ids(whole)).toEqual(range(0, 100).map((item) => item.id));
    expect(whole.pages.map((page) => [page.id, page.entries.length])).toEqual([[-2, 50], [-1, 10], [0, 40]]);
    expect(whole.pages.at(-1)).toBe(newest.pages[0]);
  });
});

describe("a refresh", () => {
  test("changes what is there, drops what is gone, adds what is new, and keeps what is older", () => {
    const present = loadedConversation(thread(), [user("a", "1"), assistant("b", "1"), assistant("c", "1")], null);
    const next = refreshed(present, thread("thr_1", "T"), [assistant("b", "2"), user("d", "1")], "b");
    expect(entriesOf(next).map((entry) => entry.item)).toEqual([user("a", "1"), assistant("b", "2"), user("d", "1")]);
    expect(next.thread?.title).toBe("T");
  });

  test("begins anew when nothing overlaps", () => {
    const present = loadedConversation(thread(), [user("a", "1")], null);
    expect(ids(refreshed(present, thread(), [user("z", "1")], null))).toEqual(["z"]);
  });
});

test("cutting drops what came after a message", () => {
  const present = loadedConversation(thread(), [user("a", "1"), assistant("b", "1"), user("c", "1")], null);
  expect(ids(cutAfter(present, "a"))).toEqual(["a"]);
});
