import type { ComposerOption } from "@openai/chatkit";
import type { FileRules } from "../api/answers";

/** Endings of files whose type browsers do not always know. */
const ENDINGS: Record<string, string[]> = {
  "text/csv": [".csv"],
  "text/markdown": [".md", ".markdown"],
  "text/plain": [".txt", ".log"],
};

/** The server's rules for files as the panel takes them. */
export function attachmentsOption(rules: FileRules): NonNullable<ComposerOption["attachments"]> {
  const accept = Object.fromEntries(rules.types.map((type) => [type, ENDINGS[type] ?? []]));
  return { enabled: true, maxSize: rules.max_size, maxCount: rules.max_count, accept };
}

/** Where to send a request of the panel. The server names itself by its public address; whoever came by another stays there. */
export function here(url: string): string {
  const { pathname, search } = new URL(url, location.href);
  return pathname.startsWith("/api/") ? pathname + search : url;
}
