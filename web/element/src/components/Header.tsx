import type { HeaderOption } from "@openai/chatkit";
import type { Options } from "../options";
import type { Thread } from "../protocol.gen";
import type { Session } from "../session";
import { IconButton } from "./IconButton";

interface Props {
  thread: Thread | null;
  view: "conversation" | "history";
  options: Options;
  session: Session;
}

export function Header({ thread, view, options, session }: Props) {
  const { header, history, strings, frameTitle } = options;
  const title = view === "history" ? strings.history : (header.title ?? (thread?.title || frameTitle));
  return (
    <header class="header" part="header">
      <PageAction action={header.left} />
      {view === "history" && <IconButton icon="back-small" label={strings.backToChat} onClick={() => session.list.hide()} />}
      <h2 class="title">{header.titled ? title : ""}</h2>
      <IconButton icon="compose" label={strings.newChat} onClick={() => startNew(session)} />
      {history.enabled && view === "conversation" && (
        <IconButton icon="history" label={strings.history} onClick={() => session.list.show()} />
      )}
      <PageAction action={header.right} />
    </header>
  );
}

function startNew(session: Session): void {
  session.list.hide();
  void session.newChat();
}

/** A button of the page's own; its icon's name is all that is known of it. */
function PageAction({ action }: { action: HeaderOption["leftAction"] }) {
  if (!action) return null;
  const words = action.icon.replaceAll("-", " ");
  return <IconButton icon={action.icon} label={words.charAt(0).toUpperCase() + words.slice(1)} onClick={() => action.onClick()} />;
}
