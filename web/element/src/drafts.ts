/**
 * Texts that could not be sent because the session had ended. The page usually goes to its login and takes the element
 * down; the next element for the same server picks the text up. Kept in the memory of the page only, never in storage.
 */
const drafts = new Map<string, string>();

export function keepDraft(url: string, text: string): void {
  drafts.set(url, text);
}

/** Gives a kept draft out, once. */
export function takeDraft(url: string): string {
  const text = drafts.get(url) ?? "";
  drafts.delete(url);
  return text;
}
