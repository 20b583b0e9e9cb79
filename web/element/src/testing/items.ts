import { emptyConversation, type Conversation } from "../conversation";
import type { Task, Thread, ThreadItem, ThreadStreamEvent } from "../protocol.gen";
import { reduce } from "../reduce";

const CREATED_AT = "2026-01-01T00:00:00Z";

export function thread(id = "thr_1", title?: string): Thread {
  return {
    id,
    created_at: CREATED_AT,
    status: { type: "active" },
    metadata: {},
    items: { data: [], has_more: false },
    ...(title !== undefined && { title }),
  };
}

export function user(id: string, text: string): ThreadItem {
  return {
    type: "user_message",
    id,
    thread_id: "thr_1",
    created_at: CREATED_AT,
    content: [{ type: "input_text", text }],
    attachments: [],
    inference_options: {},
  };
}

export function assistant(id: string, ...texts: string[]): ThreadItem {
  const content = texts.map((text) => ({ type: "output_text" as const, text, annotations: [] }));
  return { type: "assistant_message", id, thread_id: "thr_1", created_at: CREATED_AT, content };
}

export function call(title: string, status_indicator: "loading" | "complete", content = "{}"): Task {
  return { type: "custom", title, content, icon: "bolt", status_indicator };
}

export function workflow(id: string, ...tasks: Task[]): ThreadItem {
  return { type: "workflow", id, thread_id: "thr_1", created_at: CREATED_AT, workflow: { type: "custom", tasks, expanded: false } };
}

export function after(...events: ThreadStreamEvent[]): Conversation {
  return events.reduce(reduce, emptyConversation);
}
