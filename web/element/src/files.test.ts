import { afterEach, describe, expect, test } from "vitest";
import type { ChatKitOptions } from "@openai/chatkit";
import { acceptAttribute, refused, type FileRules } from "./files";
import type { Attachment } from "./protocol.gen";
import { stringsFor } from "./strings";
import { PanelOnPage } from "./testing/panel";
import { json, ScriptedServer, stream, type Asked } from "./testing/server";

afterEach(() => document.body.replaceChildren());

const words = stringsFor("en").file;

function file(name = "notes.txt", type = "text/plain", content = "milk"): File {
  return new File([content], name, { type });
}

function announced(id: string, name = "notes.txt"): Attachment {
  const upload_descriptor = { url: `http://chat/upload/${id}`, method: "PUT" as const, headers: { "X-Token": "t" } };
  return { type: "file", id, name, mime_type: "text/plain", upload_descriptor };
}

/** Answers operations from a script and remembers what was sent to where. */
class FileServer extends ScriptedServer {
  readonly sent: { url: string; init: RequestInit }[] = [];
  status = 200;
  answerUpload: () => Promise<Response> = async () => json({}, this.status);

  override readonly fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    if (String(url) !== "/chatkit") {
      this.sent.push({ url: String(url), init });
      return this.answerUpload();
    }
    const asked = { ...JSON.parse(String(init.body)), init } as Asked;
    this.asked.push(asked);
    const answer = this.answers[asked.type];
    if (!answer) throw new TypeError(`no answer to ${asked.type}`);
    return answer();
  };

  constructor(readonly answers: Record<string, () => Response> = {}) {
    super();
  }
}

async function panel(server: FileServer, attachments = {}, uploadStrategy: unknown = { type: "two_phase" }) {
  const api = { url: "/chatkit", domainKey: "any", fetch: server.fetch, uploadStrategy } as ChatKitOptions["api"];
  const shown = new PanelOnPage(server, { api, composer: { attachments: { enabled: true, ...attachments } } });
  await shown.ready();
  return shown;
}

/** Picks files as the dialog would. */
async function pick(shown: PanelOnPage, ...files: File[]): Promise<void> {
  const input = shown.find("input[type=file]") as HTMLInputElement;
  Object.defineProperty(input, "files", { configurable: true, value: files });
  input.dispatchEvent(new Event("change", { bubbles: true }));
  await shown.drawn();
}

const uploaded = (shown: PanelOnPage) => shown.until(() => shown.find(".file.ready") !== null);

describe("a file is added", () => {
  test("only where the options say so", async () => {
    const without = new PanelOnPage(new ScriptedServer());
    await without.ready();
    expect(without.find("input[type=file]")).toBeNull();
    const shown = await panel(new FileServer());
    expect(shown.button(words.add)).toBeTruthy();
  });

  test("in two phases, and goes with the message", async () => {
    const server = new FileServer({ "attachments.create": () => json(announced("atc_1")), "threads.create": () => stream() });
    const shown = await panel(server);
    await pick(shown, file());
    expect(shown.find(".file")?.textContent).toContain(words.uploading);
    expect(shown.button("Send").disabled).toBe(true);
    await uploaded(shown);
    expect(server.asked[0]?.params).toEqual({ name: "notes.txt", size: 4, mime_type: "text/plain" });
    const [sent] = server.sent;
    expect(sent?.url).toBe("http://chat/upload/atc_1");
    expect(sent?.init).toMatchObject({ method: "PUT", headers: { "X-Token": "t" } });
    expect(await new Response(sent?.init.body as File).text()).toBe("milk");
    // A file is something to send, without a word.
    shown.press("Enter");
    await shown.answered();
    expect(server.asked[1]).toMatchObject({ type: "threads.create", params: { input: { attachments: ["atc_1"] } } });
    expect([shown.find(".file"), shown.text]).toEqual([null, expect.stringContaining("notes.txt")]);
  });

  test("at once, where that is the strategy", async () => {
    const server = new FileServer();
    server.answerUpload = async () => json({ type: "file", id: "atc_2", name: "notes.txt", mime_type: "text/plain" });
    const shown = await panel(server, {}, { type: "direct", uploadUrl: "/files" });
    await pick(shown, file());
    await uploaded(shown);
    expect(server.sent[0]).toMatchObject({ url: "/files", init: { method: "POST" } });
    expect((server.sent[0]?.init.body as FormData).get("file")).toBeInstanceOf(File);
  });

  test.each(["drop", "paste"])("by %s", async (kind) => {
    const shown = await panel(new FileServer({ "attachments.create": () => json(announced("atc_1")) }));
    const event = new Event(kind, { bubbles: true, cancelable: true });
    const data = { files: [file()], types: ["Files"] };
    Object.defineProperty(event, kind === "drop" ? "dataTransfer" : "clipboardData", { value: data });
    shown.field.dispatchEvent(event);
    await uploaded(shown);
    expect(event.defaultPrevented).toBe(true);
  });
});

describe("a file is left out", () => {
  test("and deleted where it was sent", async () => {
    const server = new FileServer({ "attachments.create": () => json(announced("atc_1")), "attachments.delete": () => json({}) });
    const shown = await panel(server);
    await pick(shown, file());
    await uploaded(shown);
    shown.button(words.remove("notes.txt")).click();
    await shown.until(() => server.types.includes("attachments.delete"));
    expect([shown.find(".file"), server.asked[1]?.params]).toEqual([null, { attachment_id: "atc_1" }]);
  });

  test("while it is being sent", async () => {
    const server = new FileServer({ "attachments.create": () => json(announced("atc_1")) });
    server.answerUpload = () => new Promise(() => {});
    const shown = await panel(server);
    await pick(shown, file());
    await shown.until(() => server.sent.length > 0);
    shown.button(words.remove("notes.txt")).click();
    await shown.drawn();
    expect([shown.find(".file"), server.sent[0]?.init.signal?.aborted]).toEqual([null, true]);
  });
});

describe("a file that is not taken says why", () => {
  test("when the server refuses it", async () => {
    const server = new FileServer({ "attachments.create": () => json({ error: { code: "type_not_allowed", message: "No." } }, 400) });
    const shown = await panel(server);
    await pick(shown, file());
    await shown.until(() => shown.find(".file.failed") !== null);
    expect(shown.find(".file [role=alert]")?.textContent).toBe(words.notAccepted);
    const [, detail] = shown.events.find(([name]) => name === "error") ?? [];
    expect(detail).toMatchObject({ error: { name: "FileAttachmentError", status: 400 } });
    expect(shown.button("Send").disabled).toBe(true);
  });

  test("when there are too many", async () => {
    const shown = await panel(new FileServer({ "attachments.create": () => json(announced("atc_1")) }), { maxCount: 1 });
    await pick(shown, file("a.txt"), file("b.txt"));
    expect(shown.find(".file.failed")?.textContent).toContain(words.tooMany(1));
  });

  test.each<[string, Partial<FileRules>, File, string | null]>([
    ["empty", {}, file("a.txt", "text/plain", ""), words.empty],
    ["of another type", { accept: { "image/*": [".png"] } }, file(), words.notAccepted],
    ["of a type that is taken", { accept: { "text/plain": [] } }, file(), null],
    ["known by its ending", { accept: { "text/markdown": [".md"] } }, file("A.MD", ""), null],
    ["over the limit", { maxSize: 3 }, file(), words.tooLarge("0 MB")],
    ["over the limit of its type", { maxSize: { "text/*": 3, "*": 9 } }, file(), words.tooLarge("0 MB")],
    ["within the limit of the rest", { maxSize: { "image/*": 3, "*": 9 } }, file(), null],
  ])("one that is %s", (_, given, one, expected) => {
    const rules: FileRules = { strategy: { type: "two_phase" }, maxSize: {}, maxCount: 10, accept: null, ...given };
    expect(refused(one, rules, { strings: stringsFor("en"), locale: "en" })).toBe(expected);
  });
});

test("a message that is refused goes back with its files", async () => {
  const server = new FileServer({
    "attachments.create": () => json(announced("atc_1")),
    "threads.create": () => json({ error: { code: "message_too_long", message: "No." } }, 422),
  });
  const shown = await panel(server);
  await pick(shown, file());
  await uploaded(shown);
  await shown.say("look");
  await shown.answered();
  expect([shown.field.value, shown.find(".file.ready")?.textContent]).toEqual(["look", "notes.txt"]);
});

test("the dialog offers types and endings", () => {
  expect(acceptAttribute({ "image/png": [], "text/markdown": [".md"] })).toBe("image/png,text/markdown,.md");
  expect(acceptAttribute(null)).toBeUndefined();
});
