/**
 * The ChatKit wire types, as the panel reads and writes them. Nulls are left out on the wire, so an optional field may
 * be absent or null, and a newer server may send kinds this file does not name: readers must expect both.
 */

export interface Page<T> {
  data: T[];
  has_more: boolean;
  after?: string | null;
}

export interface ThreadStatus {
  type: "active" | "locked" | "closed";
  reason?: string | null;
}

export interface Thread {
  id: string;
  title?: string | null;
  created_at: string;
  status: ThreadStatus;
  items: Page<ThreadItem>;
}

export type UserMessageContent =
  | { type: "input_text"; text: string }
  | { type: "input_tag"; id: string; text: string; data: Record<string, unknown>; group?: string; interactive?: boolean };

export interface InferenceOptions {
  tool_choice?: { id: string } | null;
  model?: string | null;
}

export interface UserMessageInput {
  content: UserMessageContent[];
  attachments: string[];
  quoted_text?: string | null;
  inference_options: InferenceOptions;
}

interface ItemBase {
  id: string;
  thread_id: string;
  created_at: string;
}

export interface UserMessageItem extends ItemBase {
  type: "user_message";
  content: UserMessageContent[];
  attachments: { id: string; name: string }[];
  quoted_text?: string | null;
  inference_options: InferenceOptions;
}

export interface Annotation {
  type: "annotation";
  source: { type: "file" | "url" | "entity"; title: string; url?: string | null; filename?: string | null };
  index?: number | null;
}

export interface AssistantContent {
  type: "output_text";
  text: string;
  annotations: Annotation[];
}

export interface AssistantMessageItem extends ItemBase {
  type: "assistant_message";
  content: AssistantContent[];
}

export interface ClientToolCallItem extends ItemBase {
  type: "client_tool_call";
  status: "pending" | "completed";
  call_id: string;
  name: string;
  arguments: Record<string, unknown>;
}

export type TaskStatus = "none" | "loading" | "complete";

interface TaskBase {
  status_indicator: TaskStatus;
  title?: string | null;
}

export type Task =
  | (TaskBase & { type: "custom"; icon?: string | null; content?: string | null })
  | (TaskBase & { type: "thought"; content: string })
  | (TaskBase & { type: "web_search"; title_query?: string | null; queries: string[]; sources: { title: string; url: string }[] })
  | (TaskBase & { type: "file"; sources: { title: string; filename: string }[] })
  | (TaskBase & { type: "image" });

export interface Workflow {
  type: "custom" | "reasoning";
  tasks: Task[];
  summary?: { title: string; icon?: string | null } | { duration: number } | null;
  expanded: boolean;
}

export interface WorkflowItem extends ItemBase {
  type: "workflow";
  workflow: Workflow;
}

export interface TaskItem extends ItemBase {
  type: "task";
  task: Task;
}

export interface GeneratedImageItem extends ItemBase {
  type: "generated_image";
  image?: { id: string; url: string } | null;
}

export interface WidgetItem extends ItemBase {
  type: "widget";
  widget: unknown;
  copy_text?: string | null;
}

export interface StructuredInputItem extends ItemBase {
  type: "structured_input";
  status: "pending" | "answered" | "skipped";
  inputs: { id: string; question: string }[];
}

export interface EndOfTurnItem extends ItemBase {
  type: "end_of_turn";
}

/** Context for the model that a server should never send; shown nowhere if it does. */
export interface HiddenItem extends ItemBase {
  type: "hidden_context_item" | "sdk_hidden_context";
}

export type ThreadItem =
  | UserMessageItem
  | AssistantMessageItem
  | ClientToolCallItem
  | WorkflowItem
  | TaskItem
  | GeneratedImageItem
  | WidgetItem
  | StructuredInputItem
  | EndOfTurnItem
  | HiddenItem;

export type ThreadItemUpdate =
  | { type: "assistant_message.content_part.added"; content_index: number; content: AssistantContent }
  | { type: "assistant_message.content_part.text_delta"; content_index: number; delta: string }
  | {
      type: "assistant_message.content_part.annotation_added";
      content_index: number;
      annotation_index: number;
      annotation: Annotation;
    }
  | { type: "assistant_message.content_part.done"; content_index: number; content: AssistantContent }
  | { type: "widget.streaming_text.value_delta"; component_id: string; delta: string; done: boolean }
  | { type: "widget.component.updated"; component_id: string; component: unknown }
  | { type: "widget.root.updated"; widget: unknown }
  | { type: "workflow.task.added"; task_index: number; task: Task }
  | { type: "workflow.task.updated"; task_index: number; task: Task }
  | { type: "generated_image.updated"; image: { id: string; url: string }; progress?: number | null };

export type ThreadStreamEvent =
  | { type: "thread.created"; thread: Thread }
  | { type: "thread.updated"; thread: Thread }
  | { type: "thread.item.added"; item: ThreadItem }
  | { type: "thread.item.updated"; item_id: string; update: ThreadItemUpdate }
  | { type: "thread.item.done"; item: ThreadItem }
  | { type: "thread.item.replaced"; item: ThreadItem }
  | { type: "thread.item.removed"; item_id: string }
  | { type: "stream_options"; stream_options: { allow_cancel: boolean } }
  | { type: "progress_update"; icon?: string | null; text: string }
  | { type: "client_effect"; name: string; data?: Record<string, unknown> }
  | { type: "error"; code: string; message?: string | null; allow_retry: boolean }
  | { type: "notice"; level: "info" | "warning" | "danger"; message: string; title?: string | null };

/** Requests answered by a stream of events. */
export type StreamingRequest =
  | { type: "threads.create"; params: { input: UserMessageInput } }
  | { type: "threads.add_user_message"; params: { thread_id: string; input: UserMessageInput } }
  | { type: "threads.retry_after_item"; params: { thread_id: string; item_id: string } }
  | { type: "threads.add_client_tool_output"; params: { thread_id: string; result: unknown } }
  | {
      type: "threads.custom_action";
      params: { thread_id: string; item_id: string | null; action: { type: string; payload?: unknown } };
    };

/** Requests answered by one JSON document, with what each answers. */
export interface PlainOperations {
  "threads.get_by_id": { params: { thread_id: string }; answer: Thread };
  "threads.list": { params: { limit?: number; order?: "asc" | "desc"; after?: string }; answer: Page<Thread> };
  "threads.update": { params: { thread_id: string; title: string }; answer: Thread };
  "threads.delete": { params: { thread_id: string }; answer: Record<string, never> };
  "items.list": {
    params: { thread_id: string; limit?: number; order?: "asc" | "desc"; after?: string };
    answer: Page<ThreadItem>;
  };
  "items.feedback": {
    params: { thread_id: string; item_ids: string[]; kind: "positive" | "negative" };
    answer: Record<string, never>;
  };
}
