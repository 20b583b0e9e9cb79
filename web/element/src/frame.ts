/** Frames do not come while a tab is hidden; work that waits for one must still happen. */
const HIDDEN_TAB_MS = 300;

/** Runs `work` once, before the next paint, or soon if nothing is painted. Returns a way to call it off. */
export function onNextFrame(work: () => void): () => void {
  const run = () => {
    cancel();
    work();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, HIDDEN_TAB_MS);
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  return cancel;
}
