import type { MarkedToken, Token, Tokens } from "marked";
import { decodeEntities } from "./entities";
import { safeAddress } from "./links";

/** Words that stand in the rendered text but not in its source. */
export interface RenderWords {
  copyCode: string;
  imageOf: (alt: string) => string;
  ticked: string;
  notTicked: string;
}

/** Nesting beyond this is shown as its text: no prose needs it, and deep trees exhaust the stack. */
const DEEPEST = 40;

/** Turns Markdown tokens into nodes. Never parses HTML: what is HTML in the source is shown as the text it is. */
export class Renderer {
  constructor(private readonly words: RenderWords) {}

  blocks(tokens: readonly Token[], depth = 0): Node[] {
    // The lexer has no extensions here, so every token is one of marked's own.
    return tokens.flatMap((token) => this.#block(token as MarkedToken, depth));
  }

  #block(token: MarkedToken, depth: number): Node[] {
    if (depth > DEEPEST) return [text(token.raw)];
    switch (token.type) {
      case "space":
      case "def":
        return [];
      case "paragraph":
        return [element("p", this.#inline(token.tokens, depth))];
      case "heading":
        // The panel sits somewhere inside a page, so its headings begin at the third level.
        return [element(`h${Math.min(token.depth + 2, 6)}`, this.#inline(token.tokens, depth))];
      case "list":
        return [this.#list(token, depth)];
      case "blockquote":
        return [element("blockquote", this.blocks(token.tokens, depth + 1))];
      case "code":
        return [this.#code(token)];
      case "table":
        return [this.#table(token, depth)];
      case "hr":
        return [element("hr")];
      case "html":
        return [element("p", [text(token.raw.trim())])];
      case "text":
        return token.tokens ? this.#inline(token.tokens, depth) : [text(decodeEntities(token.text))];
      default:
        return this.#inline([token], depth);
    }
  }

  #list(token: Tokens.List, depth: number): Node {
    const list = element(token.ordered ? "ol" : "ul", token.items.map((item) => this.#item(item, depth + 1)));
    if (token.ordered && typeof token.start === "number" && token.start !== 1) list.setAttribute("start", String(token.start));
    return list;
  }

  #item(item: Tokens.ListItem, depth: number): Node {
    const node = element("li", this.blocks(item.tokens, depth));
    if (item.task) node.className = "task";
    return node;
  }

  #code(token: Tokens.Code): Node {
    const code = element("code", [text(token.text)]);
    const language = /^[\w+#.-]{1,30}/.exec(token.lang ?? "")?.[0] ?? "";
    const copy = element("button", [text(this.words.copyCode)]);
    copy.setAttribute("type", "button");
    copy.className = "copy-code";
    const bar = element("div", [element("span", [text(language)]), copy]);
    bar.className = "code-bar";
    const pre = element("pre", [code]);
    // A box that scrolls must be reachable without a mouse.
    pre.tabIndex = 0;
    const block = element("div", [bar, pre]);
    block.className = "code";
    return block;
  }

  #table(token: Tokens.Table, depth: number): Node {
    const row = (cells: Tokens.TableCell[], tag: string) => element("tr", cells.map((cell) => this.#cell(cell, tag, depth)));
    const table = element("table", [
      element("thead", [row(token.header, "th")]),
      element("tbody", token.rows.map((cells) => row(cells, "td"))),
    ]);
    const box = element("div", [table]);
    box.className = "table";
    box.tabIndex = 0;
    return box;
  }

  #cell(cell: Tokens.TableCell, tag: string, depth: number): Node {
    const node = element(tag, this.#inline(cell.tokens, depth));
    if (cell.align) node.style.textAlign = cell.align;
    return node;
  }

  #inline(tokens: readonly Token[], depth: number): Node[] {
    return tokens.flatMap((token) => this.#span(token as MarkedToken, depth + 1));
  }

  #span(token: MarkedToken, depth: number): Node[] {
    if (depth > DEEPEST) return [text(token.raw)];
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return [element(token.type, this.#inline(token.tokens, depth))];
      case "codespan":
        return [element("code", [text(token.text)])];
      case "br":
        return [element("br")];
      case "link":
        return this.#link(token, depth);
      case "image":
        return [this.#image(token)];
      case "checkbox":
        return [this.#checkbox(token.checked)];
      case "escape":
        return [text(token.text)];
      case "text":
        return token.tokens ? this.#inline(token.tokens, depth) : [text(decodeEntities(token.text))];
      default:
        return [text(token.raw)];
    }
  }

  /** An address that may not be followed leaves its words behind. */
  #link(token: Tokens.Link, depth: number): Node[] {
    const words = token.autolink ? [text(token.text)] : this.#inline(token.tokens, depth);
    const address = safeAddress(token.autolink ? token.href : decodeEntities(token.href));
    if (address === null) return words;
    const link = element("a", words);
    link.setAttribute("href", address);
    link.setAttribute("rel", "noopener noreferrer nofollow");
    if (/^https?:/i.test(address)) link.setAttribute("target", "_blank");
    if (token.title) link.title = decodeEntities(token.title);
    return [link];
  }

  /** A remote image would tell its host that, when and by whom a text was read; its description is shown instead. */
  #image(token: Tokens.Image): Node {
    const image = element("span", [text(this.words.imageOf(decodeEntities(token.text)))]);
    image.className = "image-alt";
    return image;
  }

  /** A mark in a list, not a thing to click. */
  #checkbox(checked: boolean): Node {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = checked;
    box.disabled = true;
    box.setAttribute("aria-label", checked ? this.words.ticked : this.words.notTicked);
    return box;
  }
}

function element(tag: string, children: readonly Node[] = []): HTMLElement {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
}

function text(content: string): Text {
  return document.createTextNode(content);
}
