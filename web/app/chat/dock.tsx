import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";
import type { Config, User } from "../api/answers";
import { ChatIcon, CloseIcon } from "../icons";
import { usePhone } from "../media";
import { useStore } from "../store";
import { Conversation } from "./conversation";
import { closePanel, openPanel, panel } from "./panel";
import { element, loadElement } from "./script";
import "./dock.css";

const PANEL_ID = "chat-panel";

/** The floating button and the panel that it opens. The panel stays mounted, so that it opens at once and forgets nothing. */
export function ChatDock({ user, config }: { user: User; config: Config }) {
  const { open, unread } = useStore(panel);
  const phone = usePhone();
  const button = useRef<HTMLButtonElement>(null);
  const close = useRef<HTMLButtonElement>(null);
  useFocus(open, button, phone ? close : undefined);
  useEscape(open);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="chat-button"
        hidden={open && phone}
        aria-label={open ? "Chat assistant" : "Open chat"}
        aria-expanded={open}
        aria-controls={PANEL_ID}
        onPointerEnter={() => void loadElement(config.chat)}
        onClick={() => (open ? closePanel() : openPanel())}
      >
        <ChatIcon />
        {unread && <span className="chat-unread" role="img" aria-label="New answer" />}
      </button>
      <section
        id={PANEL_ID}
        className="chat-panel"
        role="dialog"
        aria-label="Chat assistant"
        aria-modal={phone}
        data-open={open}
        inert={!open}
      >
        {config.llm_mode === "offline" && <OfflineBanner />}
        <PanelBody user={user} config={config} />
        {config.chat.ui === "builtin" && (
          <button ref={close} type="button" className="icon-button chat-close" aria-label="Close chat" onClick={closePanel}>
            <CloseIcon />
          </button>
        )}
      </section>
    </>
  );
}

function PanelBody({ user, config }: { user: User; config: Config }) {
  switch (useStore(element)) {
    case "ready":
      return <Conversation key={user.id} user={user} config={config} />;
    case "failed":
      return (
        <div className="chat-failed" role="alert">
          <p>The chat did not load. Check your connection.</p>
          <button type="button" className="button" onClick={() => void loadElement(config.chat)}>
            Try again
          </button>
        </div>
      );
    default:
      return <p className="chat-loading">Loading the chat…</p>;
  }
}

function OfflineBanner() {
  return (
    <p className="chat-banner">
      <strong>Offline command mode:</strong> no language model is configured. Type <kbd>help</kbd> for what it understands.
    </p>
  );
}

type ButtonRef = RefObject<HTMLButtonElement | null>;

/** Closing gives the focus back to the button. Opening gives it to `first`, or leaves it to the conversation. */
function useFocus(open: boolean, button: ButtonRef, first: ButtonRef | undefined): void {
  const wasOpen = useRef(open);
  useLayoutEffect(() => {
    if (wasOpen.current !== open) (open ? first : button)?.current?.focus();
    wasOpen.current = open;
  });
}

/** Escape closes the panel, unless something within it, or a sheet above it, closes first. */
function useEscape(open: boolean): void {
  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (!document.querySelector("dialog[open]")) closePanel();
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [open]);
}
