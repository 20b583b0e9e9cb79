/**
 * The open panel. Each file is one step of this way, or one thing on the page:
 *
 *   composer ─▶ session ─▶ turn ─▶ api ─▶ server          (session: what a person or a page can do)
 *                            ▲
 *   components ◀─ store ◀─ reduce ◀─ sse ◀─ api ◀─ server   (reduce: pure; at most one change a frame)
 *
 * `element` is the custom element around it: options in, methods in, events out. Only `api` talks to the network; only
 * `markdown/` makes nodes by hand, and nothing parses HTML.
 */
import { ChatKitElement } from "./element";

const NAME = "openai-chatkit";

/** The first script on the page to define the name keeps it; a second load, of this script or another, does no harm. */
if (!customElements.get(NAME)) customElements.define(NAME, ChatKitElement);
