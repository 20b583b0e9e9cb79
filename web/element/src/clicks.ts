import type { Emit } from "./context";

/** Clicks on what Markdown drew, which has no handlers of its own: links into the page, and copying of code. */
export function clicked(event: MouseEvent, emit: Emit): void {
  const { target } = event;
  if (!(target instanceof Element)) return;
  const link = target.closest("a[href^='chatkit-link:' i]");
  if (link) {
    event.preventDefault();
    followDeepLink(link.getAttribute("href") ?? "", emit);
  }
  if (target.matches(".copy-code")) {
    const code = target.closest(".code")?.querySelector("code")?.textContent ?? "";
    navigator.clipboard.writeText(code).catch((error: unknown) => emit("error", { error }));
  }
}

/** `chatkit-link://name?key=value` asks the page to do something of its own. */
function followDeepLink(address: string, emit: Emit): void {
  const [, name = "", query = ""] = /^chatkit-link:\/\/([^?/#]*)\/?(?:\?([^#]*))?/i.exec(address) ?? [];
  emit("deeplink", { name, data: Object.fromEntries(new URLSearchParams(query)) });
}
