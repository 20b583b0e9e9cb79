import { Store, useStore } from "./store";
import { CloseIcon } from "./icons";

/** Short messages in a corner, some with one thing to do. They wait while somebody points at them. */
export interface Toast {
  text: string;
  action?: { label: string; run: () => void };
  seconds?: number;
  tone?: "problem";
}

interface Shown extends Toast {
  key: number;
}

const MOST_AT_ONCE = 3;
const toasts = new Store<readonly Shown[]>([]);
const timers = new Map<number, ReturnType<typeof setTimeout>>();
let keys = 0;

export function showToast(toast: Toast): void {
  const shown = { ...toast, key: ++keys };
  toasts.update((all) => [...all, shown].slice(-MOST_AT_ONCE));
  release(shown);
}

export function clearToasts(): void {
  toasts.set([]);
}

function dismiss({ key }: Shown): void {
  clearTimeout(timers.get(key));
  timers.delete(key);
  toasts.update((all) => all.filter((toast) => toast.key !== key));
}

function act(toast: Shown): void {
  dismiss(toast);
  toast.action?.run();
}

function hold({ key }: Shown): void {
  clearTimeout(timers.get(key));
}

function release(toast: Shown): void {
  hold(toast);
  timers.set(toast.key, setTimeout(() => dismiss(toast), (toast.seconds ?? 8) * 1000));
}

/** Ctrl+Z outside a field undoes what the newest toast offers to undo. */
export function undoByKeyboard(event: KeyboardEvent): void {
  const asked = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  const typing = event.composedPath().some((node) => node instanceof HTMLElement && node.matches("input, textarea, [contenteditable]"));
  const toast = toasts.get().findLast(({ action }) => action?.label === "Undo");
  if (!asked || typing || !toast) return;
  event.preventDefault();
  act(toast);
}

export function Toasts() {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useStore(toasts).map((toast) => (
        <div
          key={toast.key}
          className={`toast ${toast.tone ?? ""}`}
          onMouseEnter={() => hold(toast)}
          onMouseLeave={() => release(toast)}
          onFocus={() => hold(toast)}
          onBlur={() => release(toast)}
        >
          <span>{toast.text}</span>
          {toast.action && (
            <button type="button" className="toast-action" onClick={() => act(toast)}>
              {toast.action.label}
            </button>
          )}
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast)}>
            <CloseIcon />
          </button>
        </div>
      ))}
    </div>
  );
}
