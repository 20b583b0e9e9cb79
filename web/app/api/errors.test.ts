import { expect, test } from "vitest";
import { ApiError, inWords, refusal } from "./errors";

const answer = (status: number, body: string, headers = {}) => new Response(body, { status, headers });

test("a refusal carries what the server said", async () => {
  const body = '{"error":{"code":"title_too_long","message":"A title has at most 255 characters.","request_id":"req_1"}}';
  expect(await refusal(answer(422, body))).toMatchObject({ status: 422, code: "title_too_long" });
  expect(await refusal(answer(429, body, { "retry-after": "7" }))).toMatchObject({ retryAfter: 7 });
});

test.each(["", "<html>Bad gateway</html>", "null", '{"error":"no"}', '{"error":{"code":3}}'])(
  "a refusal with the body %j still has its status",
  async (body) => {
    expect(await refusal(answer(502, body))).toMatchObject({ status: 502, code: "", message: "", retryAfter: undefined });
  },
);

test.each([
  [new ApiError(401), "Your session has expired. Please log in again."],
  [new ApiError(422, "x", "A title needs a character."), "A title needs a character."],
  [new ApiError(422), "That did not work. Try again."],
  [new ApiError(500, "x", "stack trace"), "Something went wrong on the server. Try again."],
  [new ApiError(503), "The server is temporarily unavailable. Try again in a moment."],
  [new ApiError(504), "The server took too long. Try again."],
  [new ApiError(418), "That did not work. Try again."],
  [new ApiError(429, "", "", 3), "Too many requests. Try again in 3 seconds."],
  [new ApiError(429, "", "", 600), "Too many requests. Try again in 10 minutes."],
  [new ApiError(429), "Too many requests. Try again in a moment."],
  [new TypeError("Failed to fetch"), "No connection to the server. Try again."],
  [new DOMException("", "TimeoutError"), "The server took too long. Try again."],
])("%s is put in words", (error, words) => {
  expect(inWords(error)).toBe(words);
});

test("a place has its own words for what is special there", () => {
  expect(inWords(new ApiError(401), { 401: "The email or the password is wrong." })).toBe("The email or the password is wrong.");
});
