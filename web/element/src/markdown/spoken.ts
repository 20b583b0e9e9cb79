/** Markdown as somebody would read it aloud: its words without its marks. */
export function spoken(markdown: string): string {
  return markdown
    .replace(/^ {0,3}(`{3,}|~{3,}).*$/gm, "")
    .replace(/^ *\|?[ :|-]*-{3}[ :|-]*$/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[ \t]*(#{1,6}|>|[-*+]|\d+[.)])[ \t]+/gm, "")
    .replace(/\[[ x]\] /g, "")
    .replace(/\*\*|__|~~|`|(?<!\w)[*_]|[*_](?!\w)/g, "")
    .replace(/[ \t]*\|[ \t]*/g, ", ")
    .replace(/^, |, $/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim();
}
