import { expect, test } from "vitest";
import { match, nextPage } from "./router";

test("a pattern names the parts of a path", () => {
  expect(match("/tasks/:id", "/tasks/tsk_1")).toEqual({ id: "tsk_1" });
  expect(match("/tasks/:id", "/tasks/a%20b")).toEqual({ id: "a b" });
  expect(match("/tasks/:id", "/tasks/%")).toEqual({ id: "%" });
  expect(match("/tasks", "/tasks/")).toEqual({});
  expect(match("/", "/")).toEqual({});
});

test("another path does not match", () => {
  expect(match("/tasks/:id", "/tasks")).toBeUndefined();
  expect(match("/tasks/:id", "/tasks/")).toBeUndefined();
  expect(match("/tasks", "/settings")).toBeUndefined();
});

test.each([
  ["next=/tasks?status=open", "/tasks?status=open"],
  ["next=//evil.example", "/dashboard"],
  ["next=/\\evil.example", "/dashboard"],
  ["next=https://evil.example", "/dashboard"],
  ["next=javascript:alert(1)", "/dashboard"],
  ["next=/login", "/dashboard"],
  ["", "/dashboard"],
])("after logging in with %s comes %s", (query, page) => {
  expect(nextPage(new URLSearchParams(query))).toBe(page);
});
