// A scripted OpenAI-compatible model that none of us wrote; what it says to each sentence is here.
import { LLMock } from "@copilotkit/aimock";

interface Scripted {
  sentence: string;
  calls: { name: string; arguments: Record<string, unknown> }[];
  answer: string;
}

const script: Scripted[] = [
  {
    sentence: "Add a meeting prep task, mark my grocery task as done, and show me what's left",
    calls: [
      { name: "add_task", arguments: { title: "Meeting prep" } },
      { name: "complete_task", arguments: { task_id: "grocery" } },
      { name: "list_tasks", arguments: { status: "open" } },
    ],
    answer: "I added **Meeting prep**, finished your grocery task, and listed what is left.",
  },
  {
    sentence: "Add a task called 'Meeting prep'",
    calls: [{ name: "add_task", arguments: { title: "Meeting prep" } }],
    answer: "I added the task Meeting prep.",
  },
  {
    sentence: "show me my tasks",
    calls: [{ name: "list_tasks", arguments: {} }],
    answer: "Here are all of your tasks.",
  },
  {
    sentence: "mark my grocery task as done",
    calls: [{ name: "complete_task", arguments: { task_id: "grocery" } }],
    answer: "Your grocery task is done.",
  },
  {
    sentence: "rename Meeting prep to Meeting notes",
    calls: [
      { name: "update_task", arguments: { task_id: "Meeting prep", title: "Meeting notes" } },
    ],
    answer: "It is now called Meeting notes.",
  },
  {
    sentence: "show me what's left",
    calls: [{ name: "list_tasks", arguments: { status: "open" } }],
    answer: "This is what is left.",
  },
  {
    sentence: "delete Meeting notes",
    calls: [{ name: "delete_task", arguments: { task_id: "Meeting notes" } }],
    answer: "Meeting notes is gone; you can undo that.",
  },
  { sentence: "help", calls: [], answer: "Tell me what to add, finish, rename or delete." },
];

/** Starts the model; `base` is what TODOCHAT_MODEL_BASE_URL takes. */
export async function startModel(): Promise<{ base: string; stop(): Promise<void> }> {
  const model = new LLMock({ port: 0, host: "127.0.0.1", latency: 5, chunkSize: 8 });
  for (const { sentence, calls, answer } of script) {
    if (calls.length > 0) {
      const toolCalls = calls.map((call) => ({
        name: call.name,
        arguments: JSON.stringify(call.arguments),
      }));
      model.on({ userMessage: exactly(sentence), hasToolResult: false }, { toolCalls });
      model.on({ userMessage: exactly(sentence), hasToolResult: true }, { content: answer });
    } else {
      model.on({ userMessage: exactly(sentence) }, { content: answer });
    }
  }
  await model.start();
  return { base: `${model.url}/v1`, stop: () => model.stop() };
}

function exactly(sentence: string): RegExp {
  return new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
