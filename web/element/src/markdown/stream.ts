import { Lexer, type Token } from "marked";
import { Renderer, type RenderWords } from "./render";

/** A link definition may change the meaning of any text before it, so texts that hold one are read as a whole. */
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;

/**
 * Shows a Markdown text that grows. Blocks that can no longer change are drawn once; only the rest of the text is read
 * again when more of it comes. Any way of cutting a text into pieces ends in the same nodes as the text in one piece.
 */
export class MarkdownStream {
  #source = "";
  /** Length of the text whose blocks are final, and how many nodes they are. */
  #settled = 0;
  #settledNodes = 0;
  readonly #renderer: Renderer;

  constructor(
    private readonly container: HTMLElement,
    words: RenderWords,
  ) {
    this.#renderer = new Renderer(words);
  }

  show(text: string): void {
    const source = text.replace(/\r\n?/g, "\n");
    if (source === this.#source) return;
    if (!source.startsWith(this.#source) || DEFINITION.test(source)) this.#reset();
    this.#source = source;
    const rest = source.slice(this.#settled);
    const tokens = lex(rest);
    const final = DEFINITION.test(source) ? 0 : finalBlocks(tokens, rest);
    this.#draw(tokens.slice(0, final), tokens.slice(final));
    for (const token of tokens.slice(0, final)) this.#settled += token.raw.length;
  }

  #reset(): void {
    this.#settled = 0;
    this.#settledNodes = 0;
  }

  #draw(final: Token[], open: Token[]): void {
    const { childNodes } = this.container;
    while (childNodes.length > this.#settledNodes) this.container.lastChild?.remove();
    const nodes = this.#renderer.blocks(final);
    this.#settledNodes += nodes.length;
    this.container.append(...nodes, ...this.#renderer.blocks(open));
  }
}

/**
 * How many of the blocks at the start cannot change any more: those with a later block whose first line is complete.
 * An incomplete line may yet turn out to belong to the block before it (`-` becomes `- item`).
 */
function finalBlocks(tokens: readonly Token[], source: string): number {
  // The lexer drops or rewrites a few characters in rare cases; then its lengths do not tell where a block begins.
  if (tokens.map((token) => token.raw).join("") !== source) return 0;
  let start = source.length;
  for (let index = tokens.length - 1; index > 0; index--) {
    const token = tokens[index];
    start -= token?.raw.length ?? 0;
    if (token?.type !== "space" && source.slice(start).trimStart().includes("\n")) return index;
  }
  return 0;
}

/** Text that is nested deeper than the lexer can follow is shown as it was written. */
function lex(source: string): Token[] {
  try {
    return Lexer.lex(source);
  } catch {
    return [{ type: "text", raw: source, text: source }];
  }
}
