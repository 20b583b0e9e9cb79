import { ChatKitElement } from "./element";

const NAME = "openai-chatkit";

/** The first script on the page to define the name keeps it; a second load, of this script or another, does no harm. */
if (!customElements.get(NAME)) customElements.define(NAME, ChatKitElement);
