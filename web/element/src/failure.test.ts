import { expect, test } from "vitest";
import { explain, HttpError, NetworkError, StreamError } from "./failure";
import { en } from "./strings";

const http = (status: number, retryAfter: number | null = null) => explain(new HttpError(status, null, "raw words", retryAfter), en);

test("every status has words of its own, never the server's", () => {
  const statuses = [400, 401, 403, 404, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 599];
  for (const status of statuses) expect(http(status).text).toMatch(/^[A-Z][^<>{}]{10,}\.$/);
  expect(statuses.filter((status) => http(status).retryable)).toEqual([401, 408, 409, 429, 500, 502, 503, 504, 599]);
});

test("the time to wait is told if the server told it", () => {
  expect([http(429, 7).text, http(429).text]).toEqual([
    "You are sending messages too quickly. Try again in 7 s.",
    "You are sending messages too quickly. Try again in a moment.",
  ]);
});

test("a connection that never came and one that broke are told apart", () => {
  expect([explain(new NetworkError(false), en).text, explain(new NetworkError(true), en).text]).toEqual([en.problem.network, en.problem.cut]);
});

test("words of a stream count only under the code that says they are for people", () => {
  const words = (code: string) => explain(new StreamError({ code, message: "Quota reached", retryable: false }), en).text;
  expect([words("custom"), words("stream.error"), words("new.code")]).toEqual(["Quota reached", en.problem.stream, en.problem.stream]);
});
