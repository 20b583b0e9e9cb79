import type { Config } from "../api/answers";
import { Store } from "../store";

/** How far the panel's element is; it is loaded once for the life of the page. */
export const element = new Store<"absent" | "loading" | "ready" | "failed">("absent");

let attempts = 0;

export async function loadElement(chat: Config["chat"]): Promise<void> {
  if (chat.ui === "off" || element.get() === "loading" || element.get() === "ready") return;
  element.set("loading");
  try {
    await (chat.ui === "openai-cdn" ? loadFromVendor(chat.script) : loadOwn(chat.script));
    await customElements.whenDefined("openai-chatkit");
    element.set("ready");
  } catch {
    element.set("failed");
  }
}

/** Not by a script element: the page's policy lets no string become its address. */
async function loadOwn(address: string): Promise<void> {
  // A browser remembers that an import failed, so each new try has an address of its own.
  await import(attempts++ === 0 ? address : `${address}?try=${attempts}`);
}

function loadFromVendor(address: string): Promise<void> {
  const script = document.createElement("script");
  script.src = address;
  return new Promise((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new TypeError("the panel's script did not load"));
    document.head.append(script);
  });
}
