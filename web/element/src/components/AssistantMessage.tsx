import type { AssistantMessageItem } from "../protocol.gen";
import type { Strings } from "../strings";
import { Markdown } from "./Markdown";
import { Sources } from "./Sources";

export function AssistantMessage({ item, strings }: { item: AssistantMessageItem; strings: Strings }) {
  const parts = item.content ?? [];
  if (parts.every((part) => part.text === "")) return null;
  return (
    <article class="message assistant" part="assistant-message">
      <h3 class="unseen">{strings.assistantSaid}</h3>
      {parts.map((part, index) => (
        <Markdown key={index} text={part.text} strings={strings} />
      ))}
      <Sources annotations={parts.flatMap((part) => part.annotations ?? [])} strings={strings} />
    </article>
  );
}
