/** What the server answers; see docs/api.md. */

export interface User {
  id: string;
  email: string;
}

export interface Access {
  access_token: string;
  /** Seconds. */
  expires_in: number;
  user: User;
}

export interface Task {
  id: string;
  /** Short and unique for its owner; what people call it by in the chat. */
  number: number;
  title: string;
  description: string;
  completed: boolean;
  /** Grows with each change. */
  version: number;
  created_at: string;
  updated_at: string;
}

export interface TaskPage {
  tasks: Task[];
  next_cursor?: string | null;
}

export interface Summary {
  total: number;
  open: number;
  completed: number;
}

export interface LoginSession {
  id: string;
  created_at: string;
  last_used_at: string;
  user_agent: string | null;
  /** The one that asks. */
  current: boolean;
}

/** Which files may be added to messages. */
export interface FileRules {
  /** In bytes. */
  max_size: number;
  max_count: number;
  types: string[];
}

export interface Config {
  llm_mode: "offline" | "model";
  chat: { ui: "builtin" | "openai-cdn" | "off"; script: string; url: string; attachments?: FileRules | null };
  signup: "open" | "invite" | "disabled";
  /** Without them, people get their tokens from somewhere else, and the pages have no way in. */
  builtin_accounts?: boolean;
  version: string;
}
