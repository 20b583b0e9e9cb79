import { beforeEach, expect, test } from "vitest";
import { forgetDraft, keepDraft, messageText, sendWithDraft, takeDraft, watchComposer } from "./draft";

const body = (text: string) =>
  JSON.stringify({ type: "threads.create", params: { input: { content: [{ type: "input_text", text }] } } });

beforeEach(() => {
  forgetDraft();
  watchComposer(() => "");
});

const answered = async () => new Response();
const refused = async () => {
  keepDraft("usr_1");
  return new Response(null, { status: 401 });
};

test("a message that the server did not take comes back once", async () => {
  await sendWithDraft(body("add milk"), refused);
  expect(takeDraft("usr_1")).toBe("add milk");
  expect(takeDraft("usr_1")).toBeUndefined();
});

test("a message that the server took does not come back, what was typed since does", async () => {
  await sendWithDraft(body("add milk"), answered);
  watchComposer(() => "half a thought");
  keepDraft("usr_1");
  expect(takeDraft("usr_1")).toBe("half a thought");
});

test("a request beside the message does not make it forgotten", async () => {
  await sendWithDraft(body("add milk"), async () => {
    await sendWithDraft('{"type":"threads.list","params":{}}', answered);
    return refused();
  });
  expect(takeDraft("usr_1")).toBe("add milk");
});

test("a draft is for the one who wrote it", async () => {
  await sendWithDraft(body("my secret"), refused);
  expect(takeDraft("usr_2")).toBeUndefined();
  expect(takeDraft("usr_1")).toBeUndefined();
});

test("nothing is kept when nothing was written", () => {
  watchComposer(() => "  \n");
  keepDraft("usr_1");
  expect(sessionStorage.length).toBe(0);
});

test.each(["", "{", "null", "[]", '{"params":{"input":{"content":[1,{"text":2}]}}}', '{"type":"threads.list","params":{}}'])(
  "a request with the body %j has no message",
  (text) => expect(messageText(text)).toBe(""),
);
