import type { ColorOption } from "@openai/chatkit";
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useRef, useState } from "react";
import type { Config, User } from "../api/answers";
import { idsIn, taskList } from "../app-data";
import { usePhone } from "../media";
import { client, expire } from "../session";
import { useStore } from "../store";
import { resolvedTheme } from "../theme";
import { composerText, sendWithDraft, takeDraft, watchComposer } from "./draft";
import { attachmentsOption, here } from "./files";
import { answerArrived, closePanel, panel } from "./panel";
import { PROMPTS } from "./prompts";
import { lastThread, rememberThread } from "./thread";

/** The accent of the pages, and greys as blue as theirs: the panel reads the hue as OKLCH does. */
const COLOURS: ColorOption = {
  accent: { primary: "#4f46e5", level: 1 },
  grayscale: { hue: 270, tint: 6, shade: 0 },
};

/** The element `openai-chatkit`, set up for this app and listened to. */
export function Conversation({ user, config }: { user: User; config: Config }) {
  const { open, ask } = useStore(panel);
  const phone = usePhone();
  const colorScheme = useStore(resolvedTheme);
  const [initialThread] = useState(() => lastThread(user.id) ?? null);
  const files = config.chat.attachments;
  const waiting = useRef<string | undefined>(undefined);

  const chat = useChatKit({
    api: {
      url: config.chat.url,
      domainKey: location.hostname,
      fetch: (url, init) => sendWithDraft(init?.body, () => client.authorized(here(String(url)), init)),
      ...(files && { uploadStrategy: { type: "two_phase" } }),
    },
    frameTitle: "Chat assistant",
    initialThread,
    theme: { colorScheme, radius: "round", color: COLOURS },
    header: config.chat.ui === "openai-cdn" ? { rightAction: { icon: "close", onClick: closePanel } } : {},
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: { greeting: "What shall we get done?", prompts: PROMPTS },
    composer: { placeholder: "Message the assistant", ...(files && { attachments: attachmentsOption(files) }) },
    threadItemActions: { retry: true },
    thread: { autoScroll: true },
    onReady: () => write(takeDraft(user.id)),
    onThreadChange: ({ threadId }) => rememberThread(user.id, threadId),
    onThreadLoadEnd: () => write(waiting.current),
    onResponseEnd: () => {
      answerArrived();
      write(waiting.current);
    },
    onEffect: ({ name, data }) => {
      if (name === "tasks.changed") void taskList.refresh(idsIn(data), { highlight: true });
    },
    onError: ({ error }) => {
      if (statusOf(error) === 401) expire();
    },
  });

  /** The composer takes no text while the panel is loading or answering; then it is written later. */
  function write(text: string | undefined): void {
    waiting.current = undefined;
    if (text) void chat.setComposerValue({ text }).catch(() => (waiting.current = text));
  }

  useEffect(() => {
    watchComposer(() => typedInto(chat.ref.current));
    return () => watchComposer(() => "");
  }, [chat.ref]);

  useEffect(() => {
    if (!open) return;
    // What the person is writing is worth more than a suggestion.
    if (ask && !composerText()) write(ask);
    // On a phone the keyboard would cover half of what was opened to be read.
    if (!phone) void Promise.resolve(chat.focusComposer()).catch(() => {});
  }, [open, ask]);

  return <ChatKit control={chat.control} className="conversation" />;
}

function statusOf(error: Error): unknown {
  return "status" in error ? error.status : undefined;
}

/** The open panel lets its composer be read; the vendor's is behind a wall, and its drafts end with the session. */
function typedInto(element: HTMLElement | null): string {
  return element?.shadowRoot?.querySelector("textarea")?.value ?? "";
}
