import { keep, kept } from "../browser-storage";

/** The conversation to show again after a reload, for each person of this browser. */
export function lastThread(user: string): string | undefined {
  return kept("local", key(user));
}

export function rememberThread(user: string, thread: string | null): void {
  keep("local", key(user), thread ?? undefined);
}

export function forgetThread(user: string): void {
  rememberThread(user, null);
}

function key(user: string): string {
  return `todochat.thread.${user}`;
}
