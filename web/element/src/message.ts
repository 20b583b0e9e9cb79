import type { UserMessageContent as GivenContent } from "@openai/chatkit";
import type { ThreadItem, UserMessageInput } from "./protocol.gen";

/** The most characters a message may hold; the server refuses more. */
export const MESSAGE_LIMIT = 32_000;

/** What a page or the composer may say about a message to send. */
export interface Draft {
  text?: string;
  content?: readonly GivenContent[];
  quote?: string | null;
  attachments?: string[];
  toolId?: string | null;
  modelId?: string | null;
}

/** A message as the server takes it; null if there is nothing in it to send. */
export function messageInput(draft: Draft): UserMessageInput | null {
  const content = draft.content ?? textContent(draft.text ?? "");
  const attachments = draft.attachments ?? [];
  if (plainText(content).trim() === "" && attachments.length === 0) return null;
  return {
    content: content.map((part) => (part.type === "input_tag" ? { ...part, data: part.data ?? {}, interactive: part.interactive ?? false } : part)),
    attachments,
    quoted_text: draft.quote ?? "",
    inference_options: {
      ...(draft.toolId && { tool_choice: { id: draft.toolId } }),
      ...(draft.modelId && { model: draft.modelId }),
    },
  };
}

export function textContent(text: string): GivenContent[] {
  return [{ type: "input_text", text: text.trim() }];
}

/** A message's words, with tags written as people write them. */
export function plainText(content: readonly Pick<GivenContent, "type" | "text">[]): string {
  return content.map((part) => (part.type === "input_tag" ? `@${part.text}` : part.text)).join("");
}

/** Counts as the server does: characters, not the halves that JavaScript counts. */
export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Whether a stored item is the message that was sent and never confirmed. */
export function isSameMessage(item: ThreadItem, input: UserMessageInput): boolean {
  if (item.type !== "user_message" || plainText(item.content) !== plainText(input.content)) return false;
  const [stored, sent] = [item.attachments?.map(({ id }) => id) ?? [], input.attachments];
  return stored.length === sent.length && stored.every((id, index) => id === sent[index]);
}
