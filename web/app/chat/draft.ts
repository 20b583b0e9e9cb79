import { keep, kept } from "../browser-storage";

/**
 * What was being written when the session ended. It waits in the tab's own storage for the same person to come back, and is
 * given out once.
 */
const KEY = "todochat.draft";

let sending = "";
let composer: () => string = () => "";

/** The composer is the panel's own; this is how to read what is in it. */
export function watchComposer(read: () => string): void {
  composer = read;
}

/** Sends a ChatKit request. Until the server has taken its message, the message is a draft still. */
export async function sendWithDraft(body: unknown, send: () => Promise<Response>): Promise<Response> {
  const text = typeof body === "string" ? messageText(body) : "";
  if (!text) return send();
  sending = text;
  try {
    return await send();
  } finally {
    sending = "";
  }
}

export function composerText(): string {
  return composer();
}

export function keepDraft(user: string): void {
  const text = [sending, composer()].filter((part) => part.trim() !== "").join("\n");
  if (text) keep("session", KEY, JSON.stringify({ user, text }));
  sending = "";
}

export function takeDraft(user: string): string | undefined {
  const draft = parse(kept("session", KEY) ?? "null");
  keep("session", KEY, undefined);
  const own = isRecord(draft) && draft.user === user && typeof draft.text === "string";
  return own ? (draft.text as string) : undefined;
}

export function forgetDraft(): void {
  sending = "";
  keep("session", KEY, undefined);
}

/** The text of the user's message in the body of a ChatKit request; empty for all other requests. */
export function messageText(body: string): string {
  const request = parse(body);
  const params = isRecord(request) ? request.params : undefined;
  const input = isRecord(params) ? params.input : undefined;
  const content = isRecord(input) && Array.isArray(input.content) ? input.content : [];
  return content.map((part: unknown) => (isRecord(part) && typeof part.text === "string" ? part.text : "")).join("");
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
