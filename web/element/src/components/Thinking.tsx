import type { Progress } from "../conversation";
import type { Strings } from "../strings";
import { Icon } from "./Icon";

/** Shown from sending until the answer's first text, with the server's own words for what it is doing if it has any. */
export function Thinking({ progress, strings }: { progress: Progress | null; strings: Strings }) {
  return (
    <div class="thinking" part="thinking">
      {progress?.icon ? <Icon name={progress.icon} /> : <Dots />}
      <span class={progress ? "" : "unseen"}>{progress?.text ?? strings.thinking}</span>
    </div>
  );
}

function Dots() {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
