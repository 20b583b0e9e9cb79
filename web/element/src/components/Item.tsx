import { Component } from "preact";
import type { Entry } from "../conversation";
import { safeImage } from "../markdown/links";
import type { GeneratedImageItem } from "../protocol.gen";
import type { Strings } from "../strings";
import { AssistantMessage } from "./AssistantMessage";
import { Badge } from "./Badge";
import { UserMessage } from "./UserMessage";
import { Workflow } from "./Workflow";

interface Props {
  entry: Entry;
  responding: boolean;
  strings: Strings;
}

/** One entry of the conversation. One that cannot be drawn, because it lacks what its type promises, is a quiet line too. */
export class Item extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static override getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(props: Props, { broken }: { broken: boolean }) {
    return broken ? <p class="placeholder">{props.strings.cannotShow}</p> : <Kind {...props} />;
  }
}

/** Kinds that are only markers draw nothing; unknown kinds draw a quiet line. */
function Kind({ entry, responding, strings }: Props) {
  const { item } = entry;
  switch (item.type) {
    case "user_message":
      return <UserMessage item={item} unsent={entry.unconfirmed === true && !responding} strings={strings} />;
    case "assistant_message":
      return <AssistantMessage item={item} strings={strings} />;
    case "workflow":
      return <Workflow workflow={item.workflow} over={entry.ended === true} strings={strings} />;
    case "task":
      return (
        <ul class="badges">
          <Badge task={{ ...item.task, status_indicator: "complete" }} over strings={strings} />
        </ul>
      );
    case "generated_image":
      return <GeneratedImage item={item} strings={strings} />;
    case "client_tool_call":
    case "end_of_turn":
    case "hidden_context_item":
    case "sdk_hidden_context":
      return null;
    case "widget":
      return <p class="placeholder">{item.copy_text || strings.cannotShow}</p>;
    default:
      return <p class="placeholder">{strings.cannotShow}</p>;
  }
}

function GeneratedImage({ item, strings }: { item: GeneratedImageItem; strings: Strings }) {
  const address = item.image && safeImage(item.image.url);
  return address ? <img class="picture" src={address} alt={strings.image} /> : <p class="placeholder">{strings.image}</p>;
}
