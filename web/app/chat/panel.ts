import { Store } from "../store";

/** Whether the panel is open, what to write into its composer, and whether an answer came while it was closed. */
export interface Panel {
  open: boolean;
  ask: string | undefined;
  unread: boolean;
}

const CLOSED: Panel = { open: false, ask: undefined, unread: false };

export const panel = new Store<Panel>(CLOSED);

export function openPanel(ask?: string): void {
  performance.mark("chat:open");
  panel.set({ open: true, ask, unread: false });
}

export function closePanel(): void {
  panel.update((now) => ({ ...now, open: false, ask: undefined }));
}

export function resetPanel(): void {
  panel.set(CLOSED);
}

export function answerArrived(): void {
  panel.update((now) => (now.open ? now : { ...now, unread: true }));
}
