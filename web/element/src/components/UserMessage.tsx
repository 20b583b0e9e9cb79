import { plainText } from "../message";
import type { UserMessageItem } from "../protocol.gen";
import type { Strings } from "../strings";

interface Props {
  item: UserMessageItem;
  /** The server has not confirmed it and is not being asked any more. */
  unsent: boolean;
  strings: Strings;
}

/** The user's own words, exactly as written: they are not Markdown. */
export function UserMessage({ item, unsent, strings }: Props) {
  const words = plainText(item.content ?? []);
  return (
    <article class="message user" part="user-message">
      <h3 class="unseen">{strings.youSaid}</h3>
      {item.quoted_text && <blockquote class="quoted">{item.quoted_text}</blockquote>}
      <div class="bubble" hidden={words === "" && (item.attachments ?? []).length > 0}>
        {(item.content ?? []).map((part, index) =>
          part.type === "input_tag" ? (
            <span key={index} class="tag">
              @{part.text}
            </span>
          ) : (
            part.text
          ),
        )}
      </div>
      {(item.attachments ?? []).map((file) =>
        file.type === "image" ? (
          <img key={file.id} class="attachment" src={file.preview_url} alt={file.name} loading="lazy" />
        ) : (
          <span key={file.id} class="attachment">
            {file.name}
          </span>
        ),
      )}
      {unsent && <span class="unsent">{strings.notSent}</span>}
    </article>
  );
}
