// The ChatKit protocol. Generated from crates/chatkit/src/protocol.rs by `make generate`;
// a test fails when it is stale.

export type Annotation = { "type": "annotation", source: Source, index?: number };

export type AssistantMessageContent = { "type": "output_text", text: string, annotations: Array<Annotation> };

/** What the assistant wrote. */
export type AssistantMessageItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** Its parts, in order. */
  content: Array<AssistantMessageContent>, };

/** A file that goes with a message. */
export type Attachment = { "type": "file" } & FileAttachment | { "type": "image" } & ImageAttachment;

/** Of `attachments.create`. */
export type AttachmentCreateParams = {
  /** The file's name. */
  name: string,
  /** Its size in bytes, as the client says. */
  size: number,
  /** Its media type, as the client says. */
  mime_type: string, };

/** Of `attachments.delete`. */
export type AttachmentDeleteParams = {
  /** The file. */
  attachment_id: string, };

/** Where and how the bytes of a file are to be sent. */
export type AttachmentUploadDescriptor = {
  /** An absolute URL. */
  url: string,
  /** How to send them. */
  method: UploadMethod,
  /** Headers to send along. */
  headers: Record<string, string>, };

/** What is asked, by how it is answered. That depends on the `type` alone. */
export type ChatKitRequest = StreamingOperation | PlainOperation;

/** Something for the page around the panel to act on. */
export type ClientEffectEvent = {
  /** Which effect. */
  name: string,
  /** What it needs to know. */
  data: Record<string, unknown>, };

/** A call the browser is asked to run. */
export type ClientToolCallItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** Whether its result is there. */
  status: ClientToolCallStatus,
  /** The model's id of the call. */
  call_id: string,
  /** The tool's name. */
  name: string,
  /** What it is called with. */
  arguments: Record<string, unknown>,
  /** Its result. */
  output?: unknown, };

/** Whether the result of a call in the browser is there. */
export type ClientToolCallStatus = "pending" | "completed";

/** Something that was done to a widget. */
export type CustomAction = {
  /** Which action. */
  type: string,
  /** What it carries; never to be trusted. */
  payload?: unknown, };

/** A step of any kind. */
export type CustomTask = {
  /** How it stands. */
  status_indicator: StatusIndicator,
  /** Its name. */
  title?: string,
  /** An icon's name. */
  icon?: string,
  /** More about it, in markdown. */
  content?: string, };

/** Ends the group that the action buttons belong to. */
export type EndOfTurnItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string, };

/** Something of the application that is referred to. */
export type EntitySource = {
  /** What the reader sees. */
  title: string,
  /** A sentence about it. */
  description?: string,
  /** When it was made, as text. */
  timestamp?: string,
  /** A heading to list it under. */
  group?: string,
  /** The application's id of the thing. */
  id: string,
  /** An icon's name. */
  icon?: string,
  /** What stands in the list of sources. */
  label?: string,
  /** What stands in the text. */
  inline_label?: string,
  /** Whether it can be clicked. */
  interactive: boolean,
  /** The application's own data. */
  data: Record<string, unknown>,
  /** Deprecated by the protocol and without effect; carried as it came. */
  preview?: "lazy", };

/** Whose words the client shows for an error. Not a closed set. */
export type ErrorCode = "custom" | "stream.error" | (string & {});

/** The turn failed. */
export type ErrorEvent = {
  /** Whose words the client shows. */
  code: ErrorCode,
  /** The words, when they are the server's own. */
  message?: string,
  /** Whether the client offers to try again. */
  allow_retry: boolean, };

/** Thumbs up or down. */
export type FeedbackKind = "positive" | "negative";

/** Any file. */
export type FileAttachment = {
  /** Opaque id. */
  id: string,
  /** The file's name. */
  name: string,
  /** Its media type. */
  mime_type: string,
  /** Where its bytes go, until they are there. */
  upload_descriptor?: AttachmentUploadDescriptor,
  /** The conversation it became part of. */
  thread_id?: string, };

/** A file that is referred to. */
export type FileSource = {
  /** What the reader sees. */
  title: string,
  /** A sentence about it. */
  description?: string,
  /** When it was made, as text. */
  timestamp?: string,
  /** A heading to list it under. */
  group?: string,
  /** The file's name. */
  filename: string, };

/** Files that were read. */
export type FileTask = {
  /** How it stands. */
  status_indicator: StatusIndicator,
  /** Its name. */
  title?: string,
  /** The files. */
  sources: Array<Source>, };

/** A question with room for words. */
export type FreeformInput = {
  /** Its id within the item. */
  id: string,
  /** The question. */
  question: string,
  /** The answer, once given. */
  answer?: StructuredInputAnswer,
  /** A sentence about what is wanted. */
  description?: string, };

/** A picture. */
export type GeneratedImage = {
  /** Opaque id. */
  id: string,
  /** Where it is. */
  url: string, };

/** A picture the assistant made. */
export type GeneratedImageItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** The picture; absent while it is being made. */
  image?: GeneratedImage, };

/** Context for the model that the application keeps. */
export type HiddenContextItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** Anything. */
  content: unknown, };

/** A picture. */
export type ImageAttachment = {
  /** Opaque id. */
  id: string,
  /** The file's name. */
  name: string,
  /** Its media type. */
  mime_type: string,
  /** Where its bytes go, until they are there. */
  upload_descriptor?: AttachmentUploadDescriptor,
  /** The conversation it became part of. */
  thread_id?: string,
  /** Where to see it: an absolute URL. */
  preview_url: string, };

/** A picture that was made. */
export type ImageTask = {
  /** How it stands. */
  status_indicator: StatusIndicator,
  /** Its name. */
  title?: string, };

/** What the user picked for this message besides words. */
export type InferenceOptions = {
  /** A tool picked in the composer. */
  tool_choice?: ToolChoice,
  /** A model picked in the composer. */
  model?: string, };

/** Of `input.transcribe`. */
export type InputTranscribeParams = {
  /** The recording. */
  audio_base64: string,
  /** Its media type, with parameters after a `;`. */
  mime_type: string, };

/** Of `items.feedback`. */
export type ItemFeedbackParams = {
  /** The conversation. */
  thread_id: string,
  /** The items it is about; stock clients send those of a whole turn. */
  item_ids: Array<string>,
  /** Thumbs up or down. */
  kind: FeedbackKind, };

/** Of `items.list`. */
export type ItemsListParams = {
  /** The conversation. */
  thread_id: string,
  /** How many at most; nothing, null and 0 mean 20. */
  limit?: number,
  /** As the conversation went. */
  order?: Order,
  /** The exclusive cursor. */
  after?: string, };

/** A question with answers to choose from. */
export type MultipleChoiceInput = {
  /** Its id within the item. */
  id: string,
  /** The question. */
  question: string,
  /** The answer, once given. */
  answer?: StructuredInputAnswer,
  /** What there is to choose from. */
  options: Array<MultipleChoiceOption>,
  /** Whether more than one may be chosen. */
  multiple: boolean, };

/** One answer to choose. */
export type MultipleChoiceOption = {
  /** Its words, which are its value too. */
  value: string, };

/** A message beside the conversation. */
export type NoticeEvent = {
  /** How serious it is. */
  level: NoticeLevel,
  /** The words, in markdown. */
  message: string,
  /** A heading. */
  title?: string, };

/** How serious a notice is. */
export type NoticeLevel = "info" | "warning" | "danger";

/** Which end of a list a page is counted from. */
export type Order = "asc" | "desc";

/** One page, in the order it was asked for. */
export type Page<T> = {
  /** What the page holds; may be empty although there is more. */
  data: Array<T>,
  /** Whether another page follows. */
  has_more: boolean,
  /** The cursor of the next page: the exclusive id to go on after. */
  after?: string, };

/** What is answered with one JSON value. */
export type PlainOperation = { "type": "threads.get_by_id", "params": ThreadGetByIdParams } | { "type": "threads.list", "params": ThreadListParams } | { "type": "threads.update", "params": ThreadUpdateParams } | { "type": "threads.delete", "params": ThreadDeleteParams } | { "type": "items.list", "params": ItemsListParams } | { "type": "items.feedback", "params": ItemFeedbackParams } | { "type": "attachments.create", "params": AttachmentCreateParams } | { "type": "attachments.delete", "params": AttachmentDeleteParams } | { "type": "input.transcribe", "params": InputTranscribeParams } | { "type": "threads.sync_custom_action", "params": ThreadCustomActionParams };

/** What goes on. */
export type ProgressUpdateEvent = {
  /** An icon's name. */
  icon?: string,
  /** The words. */
  text: string, };

/** Context for the model that this crate keeps, such as that the user stopped an answer. */
export type SdkHiddenContextItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** A sentence to the model. */
  content: string, };

/** A search of the web. */
export type SearchTask = {
  /** How it stands. */
  status_indicator: StatusIndicator,
  /** Its name. */
  title?: string,
  /** The query to put into the client's own words for it. */
  title_query?: string,
  /** What was searched for. */
  queries: Array<string>,
  /** What was found: pages. */
  sources: Array<Source>, };

/** Something a text or a task refers to. */
export type Source = { "type": "file" } & FileSource | { "type": "url" } & UrlSource | { "type": "entity" } & EntitySource;

/** How a task stands. The protocol has no failed state; title, icon or content say so. */
export type StatusIndicator = "none" | "loading" | "complete";

/** How the client may treat a stream. */
export type StreamOptions = {
  /** Whether it shows a stop button. */
  allow_cancel: boolean, };

/** What is answered with a stream of events. */
export type StreamingOperation = { "type": "threads.create", "params": ThreadCreateParams } | { "type": "threads.add_user_message", "params": ThreadAddUserMessageParams } | { "type": "threads.add_client_tool_output", "params": ThreadAddClientToolOutputParams } | { "type": "threads.add_structured_input", "params": ThreadAddStructuredInputParams } | { "type": "threads.retry_after_item", "params": ThreadRetryAfterItemParams } | { "type": "threads.custom_action", "params": ThreadCustomActionParams };

/** One question. */
export type StructuredInput = { "type": "multiple_choice" } & MultipleChoiceInput | { "type": "freeform" } & FreeformInput;

/** The answer to one question. */
export type StructuredInputAnswer = {
  /** What was chosen or written. */
  values: Array<string>,
  /** Whether it was passed over. */
  skipped: boolean, };

/** Questions to the user; they take the composer's place while pending. */
export type StructuredInputItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** How they stand. */
  status: StructuredInputStatus,
  /** The questions, in order. */
  inputs: Array<StructuredInput>, };

/** How a set of questions stands. */
export type StructuredInputStatus = "pending" | "answered" | "skipped";

/** What the user sends back. */
export type StructuredInputSubmission = {
  /** Answered, or passed over as a whole. */
  status: StructuredInputSubmissionStatus,
  /** Answers by the question's id; unknown ids are ignored. */
  answers: { [key in string]: StructuredInputAnswer }, };

/** Answered, or passed over as a whole. */
export type StructuredInputSubmissionStatus = "answered" | "skipped";

/** The answer to `threads.sync_custom_action`. */
export type SyncCustomActionResponse = {
  /** The item as it is now, if it changed. */
  updated_item?: ThreadItem, };

/** One step. */
export type Task = { "type": "custom" } & CustomTask | { "type": "web_search" } & SearchTask | { "type": "thought" } & ThoughtTask | { "type": "file" } & FileTask | { "type": "image" } & ImageTask;

/** A single step. */
export type TaskItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** The step; its status indicator is not shown here. */
  task: Task, };

/** A thought of the model. */
export type ThoughtTask = {
  /** How it stands. */
  status_indicator: StatusIndicator,
  /** Its name. */
  title?: string,
  /** The thought, in markdown. */
  content: string, };

/** A conversation as clients see it. */
export type Thread = {
  /** A page of items. It is empty in lists, updates and events, where it must not be read as "there are none". */
  items: Page<ThreadItem>,
  /** Opaque id. */
  id: string,
  /** What the history calls it, once it has a name. */
  title?: string,
  /** When it began. */
  created_at: string,
  /** Whether it takes messages. */
  status: ThreadStatus,
  /** Hosts whose images the client may show; absent means its own default. */
  allowed_image_domains?: Array<string>,
  /** The application's own data. It never leaves the server: clients always see `{}`. */
  metadata: Record<string, never>, };

/** Of `threads.add_client_tool_output`. */
export type ThreadAddClientToolOutputParams = {
  /** The conversation, whose newest item is the call. */
  thread_id: string,
  /** The result. It may be null but must be there. */
  result: unknown, };

/** Of `threads.add_structured_input`. */
export type ThreadAddStructuredInputParams = {
  /** The conversation. */
  thread_id: string,
  /** The item with the questions. */
  item_id: string,
  /** The answers. */
  input: StructuredInputSubmission, };

/** Of `threads.add_user_message`. */
export type ThreadAddUserMessageParams = {
  /** The conversation. */
  thread_id: string,
  /** The message. */
  input: UserMessageInput, };

/** Of `threads.create`. */
export type ThreadCreateParams = {
  /** The first message. */
  input: UserMessageInput, };

/** Of `threads.custom_action` and `threads.sync_custom_action`. */
export type ThreadCustomActionParams = {
  /** The conversation. */
  thread_id: string,
  /** The widget it happened in, if any. */
  item_id?: string,
  /** What happened. */
  action: CustomAction, };

/** Of `threads.delete`. */
export type ThreadDeleteParams = {
  /** The conversation. */
  thread_id: string, };

/** Of `threads.get_by_id`. */
export type ThreadGetByIdParams = {
  /** The conversation. */
  thread_id: string, };

/** One entry of a conversation. */
export type ThreadItem = { "type": "user_message" } & UserMessageItem | { "type": "assistant_message" } & AssistantMessageItem | { "type": "client_tool_call" } & ClientToolCallItem | { "type": "widget" } & WidgetItem | { "type": "generated_image" } & GeneratedImageItem | { "type": "structured_input" } & StructuredInputItem | { "type": "workflow" } & WorkflowItem | { "type": "task" } & TaskItem | { "type": "end_of_turn" } & EndOfTurnItem | { "type": "hidden_context_item" } & HiddenContextItem | { "type": "sdk_hidden_context" } & SdkHiddenContextItem;

/** One change to an item that is still pending. */
export type ThreadItemUpdate = { "type": "assistant_message.content_part.added",
  /** Which part. */
  content_index: number,
  /** What it starts as. */
  content: AssistantMessageContent, } | { "type": "assistant_message.content_part.text_delta",
  /** Which part. */
  content_index: number,
  /** What to append. */
  delta: string, } | { "type": "assistant_message.content_part.annotation_added",
  /** Which part. */
  content_index: number,
  /** Where among the part's annotations. */
  annotation_index: number,
  /** The citation. */
  annotation: Annotation, } | { "type": "assistant_message.content_part.done",
  /** Which part. */
  content_index: number,
  /** All of it. */
  content: AssistantMessageContent, } | { "type": "widget.streaming_text.value_delta",
  /** The text's id. */
  component_id: string,
  /** What to append. */
  delta: string,
  /** Whether that was all. */
  done: boolean, } | { "type": "widget.component.updated",
  /** The part's id. */
  component_id: string,
  /** The part. */
  component: WidgetRoot, } | { "type": "widget.root.updated",
  /** The widget. */
  widget: WidgetRoot, } | { "type": "workflow.task.added",
  /** Which step. */
  task_index: number,
  /** The step. */
  task: Task, } | { "type": "workflow.task.updated",
  /** Which step. */
  task_index: number,
  /** All of it. */
  task: Task, } | { "type": "generated_image.updated",
  /** The picture. */
  image: GeneratedImage,
  /** How far it is, from 0 to 1. */
  progress?: number, };

/** Of `threads.list`. */
export type ThreadListParams = {
  /** How many at most; nothing, null and 0 mean 20. */
  limit?: number,
  /** By creation. */
  order?: Order,
  /** The exclusive cursor. */
  after?: string, };

/** Of `threads.retry_after_item`. */
export type ThreadRetryAfterItemParams = {
  /** The conversation. */
  thread_id: string,
  /** The user's message to answer again. */
  item_id: string, };

/** Whether a conversation takes messages. */
export type ThreadStatus = { "type": "active" } | { "type": "locked",
  /** Why, in the user's words. */
  reason?: string, } | { "type": "closed",
  /** Why, in the user's words. */
  reason?: string, };

/** One event of a streaming answer. */
export type ThreadStreamEvent = { "type": "thread.created",
  /** The conversation. */
  thread: Thread, } | { "type": "thread.updated",
  /** The conversation. */
  thread: Thread, } | { "type": "thread.item.added",
  /** The item so far. */
  item: ThreadItem, } | { "type": "thread.item.updated",
  /** Which item. */
  item_id: string,
  /** What changed. */
  update: ThreadItemUpdate, } | { "type": "thread.item.done",
  /** The whole item. */
  item: ThreadItem, } | { "type": "thread.item.replaced",
  /** The whole item. */
  item: ThreadItem, } | { "type": "thread.item.removed",
  /** Which item. */
  item_id: string, } | { "type": "stream_options",
  /** The options. */
  stream_options: StreamOptions, } | { "type": "progress_update" } & ProgressUpdateEvent | { "type": "client_effect" } & ClientEffectEvent | { "type": "error" } & ErrorEvent | { "type": "notice" } & NoticeEvent;

/** Of `threads.update`. */
export type ThreadUpdateParams = {
  /** The conversation. */
  thread_id: string,
  /** Its new name; may be empty. */
  title: string, };

/** A tool picked in the composer. */
export type ToolChoice = {
  /** Its id among the composer's tools. */
  id: string, };

/** The answer to `input.transcribe`. */
export type TranscriptionResult = {
  /** What was said. */
  text: string, };

/** How the bytes of a file are sent. */
export type UploadMethod = "POST" | "PUT";

/** A page that is referred to. */
export type UrlSource = {
  /** What the reader sees. */
  title: string,
  /** A sentence about it. */
  description?: string,
  /** When it was made, as text. */
  timestamp?: string,
  /** A heading to list it under. */
  group?: string,
  /** The address. */
  url: string,
  /** Who it is from. */
  attribution?: string, };

/** One part of a user's message. */
export type UserMessageContent = { "type": "input_text",
  /** The text. */
  text: string, } | { "type": "input_tag" } & UserMessageTagContent;

/** A message as the composer sends it. */
export type UserMessageInput = {
  /** Its parts, in order. */
  content: Array<UserMessageContent>,
  /** Ids of files sent before. */
  attachments: Array<string>,
  /** What the user quoted; stock clients send an empty text when nothing was. */
  quoted_text?: string,
  /** What the user picked besides words. */
  inference_options: InferenceOptions, };

/** What the user wrote. */
export type UserMessageItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** Its parts, in order. */
  content: Array<UserMessageContent>,
  /** The files that go with it. */
  attachments: Array<Attachment>,
  /** What the user quoted; stock clients send an empty text when nothing was. */
  quoted_text?: string,
  /** What the user picked besides words. */
  inference_options: InferenceOptions, };

/** A mention of something the application knows. */
export type UserMessageTagContent = {
  /** The application's id of the thing. */
  id: string,
  /** What the user reads. */
  text: string,
  /** The application's own data. */
  data: Record<string, unknown>,
  /** A heading to list it under. */
  group?: string,
  /** Whether it can be clicked. */
  interactive: boolean, };

/** A widget in the conversation. */
export type WidgetItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** The widget. */
  widget: WidgetRoot,
  /** What the copy button copies. */
  copy_text?: string, };

/** A widget's tree: `Card`, `ListView` or `Basic` with its children, as opaque JSON, because every typed model of it so far has dropped properties that clients know. */
export type WidgetRoot = { type: string } & Record<string, unknown>;

/** A collapsible group of tasks. */
export type Workflow = {
  /** What the group is of. */
  type: WorkflowType,
  /** Its tasks; a task's index never changes. */
  tasks: Array<Task>,
  /** The heading once it is finished. */
  summary?: WorkflowSummary,
  /** Whether it is shown open. */
  expanded: boolean, };

/** A group of steps. */
export type WorkflowItem = {
  /** Opaque id. */
  id: string,
  /** The conversation. */
  thread_id: string,
  /** When it was made. */
  created_at: string,
  /** The group. */
  workflow: Workflow, };

/** The heading of a finished workflow. */
export type WorkflowSummary = {
  /** The words. */
  title: string,
  /** An icon's name. */
  icon?: string, } | {
  /** Whole seconds. */
  duration: number, };

/** What a workflow is of. */
export type WorkflowType = "custom" | "reasoning";
