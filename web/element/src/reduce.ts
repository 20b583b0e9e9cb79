import { appended, changeEntry, mapEntries, type Conversation, type Entry } from "./conversation";
import type { Annotation, AssistantMessageContent, Task, Thread, ThreadItem, ThreadItemUpdate, ThreadStreamEvent } from "./protocol.gen";
import { updatedWidget } from "./widget";

/** Applies one event of a stream. Pure; what it does not know or cannot apply changes nothing. */
export function reduce(conversation: Conversation, event: ThreadStreamEvent): Conversation {
  switch (event.type) {
    case "thread.created":
      return { ...conversation, thread: event.thread };
    case "thread.updated":
      return updatedThread(conversation, event.thread);
    case "thread.item.added":
    case "thread.item.done":
    case "thread.item.replaced":
      return placed(conversation, event.item);
    case "thread.item.updated":
      return updatedItem(conversation, event.item_id, event.update);
    case "thread.item.removed":
      return mapEntries(conversation, (entry) => (entry.item.id === event.item_id ? undefined : entry));
    case "stream_options":
      return { ...conversation, stoppable: event.stream_options?.allow_cancel ?? true };
    case "progress_update":
      return { ...conversation, progress: { icon: event.icon ?? null, text: event.text } };
    case "notice":
      return {
        ...conversation,
        notices: [...conversation.notices, { level: event.level, message: event.message, title: event.title ?? null }],
      };
    case "error":
      return {
        ...conversation,
        problem: { code: event.code, message: event.message ?? null, retryable: event.allow_retry ?? false },
      };
    default:
      return conversation;
  }
}

/** The items page of this event is empty by protocol; only what is said of the thread itself counts. */
function updatedThread(conversation: Conversation, thread: Thread): Conversation {
  return conversation.thread && conversation.thread.id !== thread.id ? conversation : { ...conversation, thread };
}

/** Puts an item in its place: over the one with its id, over the unconfirmed bubble it confirms, or at the end. */
function placed(conversation: Conversation, item: ThreadItem): Conversation {
  if (item.type === "hidden_context_item" || item.type === "sdk_hidden_context") return conversation;
  const next = item.type === "user_message" ? conversation : { ...conversation, progress: null };
  return (
    changeEntry(next, (entry) => entry.item.id === item.id, (entry) => ({ key: entry.key, item })) ??
    confirmed(next, item) ??
    appended(next, { key: item.id, item })
  );
}

function confirmed(conversation: Conversation, item: ThreadItem): Conversation | undefined {
  if (item.type !== "user_message") return undefined;
  return changeEntry(conversation, (entry) => entry.unconfirmed === true, (entry) => ({ key: entry.key, item }));
}

function updatedItem(conversation: Conversation, id: string, update: ThreadItemUpdate): Conversation {
  const change = (entry: Entry) => ({ ...entry, item: updated(entry.item, update) });
  return changeEntry(conversation, (entry) => entry.item.id === id, change) ?? conversation;
}

/** Applies an update to the kind of item it is meant for; any other pair changes nothing. */
function updated(item: ThreadItem, update: ThreadItemUpdate): ThreadItem {
  switch (item.type) {
    case "assistant_message": {
      const content = updatedContent(item.content ?? [], update);
      return content === item.content ? item : { ...item, content };
    }
    case "workflow": {
      if (update.type !== "workflow.task.added" && update.type !== "workflow.task.updated") return item;
      return { ...item, workflow: { ...item.workflow, tasks: withTask(item.workflow.tasks, update.task_index, update.task) } };
    }
    case "widget":
      return { ...item, widget: updatedWidget(item.widget, update) };
    case "generated_image":
      return update.type === "generated_image.updated" ? { ...item, image: update.image } : item;
    default:
      return item;
  }
}

function updatedContent(content: AssistantMessageContent[], update: ThreadItemUpdate): AssistantMessageContent[] {
  switch (update.type) {
    case "assistant_message.content_part.added":
      return withPart(content, update.content_index, () => update.content);
    case "assistant_message.content_part.done":
      return withPart(content, update.content_index, (part) => finished(part, update.content));
    case "assistant_message.content_part.text_delta":
      return withPart(content, update.content_index, (part) => ({ ...part, text: part.text + update.delta }));
    case "assistant_message.content_part.annotation_added":
      return withPart(content, update.content_index, (part) => ({
        ...part,
        annotations: inserted(part.annotations ?? [], update.annotation_index, update.annotation),
      }));
    default:
      return content;
  }
}

/** A finished part may come without the annotations that were streamed before it; they stay. */
function finished(streamed: AssistantMessageContent, done: AssistantMessageContent): AssistantMessageContent {
  return done.annotations?.length ? done : { ...done, annotations: streamed.annotations };
}

const emptyPart: AssistantMessageContent = { type: "output_text", text: "", annotations: [] };

/** A delta may arrive for a part that was never announced: missing parts are empty ones. */
function withPart(content: AssistantMessageContent[], index: number, change: (part: AssistantMessageContent) => AssistantMessageContent): AssistantMessageContent[] {
  if (!isIndex(index)) return content;
  const parts = [...content];
  while (parts.length <= index) parts.push(emptyPart);
  parts[index] = change(parts[index] ?? emptyPart);
  return parts;
}

/** A task at an index that is taken replaces the one there, so that a repeated event does no harm. */
function withTask(tasks: Task[], index: number, task: Task): Task[] {
  if (!isIndex(index) || index >= tasks.length) return [...tasks, task];
  return tasks.map((present, at) => (at === index ? task : present));
}

function inserted(annotations: Annotation[], index: number, annotation: Annotation): Annotation[] {
  const at = isIndex(index) && index <= annotations.length ? index : annotations.length;
  return [...annotations.slice(0, at), annotation, ...annotations.slice(at)];
}

/** Guards against an index no server of good will sends: it would fill the memory with empty parts. */
function isIndex(index: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < 1000;
}
