import type { Notice } from "../conversation";
import type { Strings } from "../strings";
import { Icon } from "./Icon";
import { Markdown } from "./Markdown";

/** A remark of the server beside the conversation. */
export function NoticeRow({ notice, strings }: { notice: Notice; strings: Strings }) {
  const { level, message, title } = notice;
  return (
    <div class={`notice ${level}`} role="status">
      <Icon name={level === "info" ? "info" : "warning"} />
      <div>
        <strong>{title ?? strings.notice[level]}</strong>
        <Markdown text={message} strings={strings} />
      </div>
    </div>
  );
}
