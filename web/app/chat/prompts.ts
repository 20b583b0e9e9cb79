import type { StartScreenPrompt } from "@openai/chatkit";

/** Things to say, which the offline command mode understands too. */
export const PROMPTS: StartScreenPrompt[] = [
  { label: "Show me what's left", prompt: "Show me what's left", icon: "notebook" },
  { label: "Add a task called 'Meeting prep'", prompt: "Add a task called 'Meeting prep'", icon: "plus" },
  { label: "What can you do?", prompt: "help", icon: "circle-question" },
];
