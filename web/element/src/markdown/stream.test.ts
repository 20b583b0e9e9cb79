import { Lexer } from "marked";
import { describe, expect, test, vi } from "vitest";
import { MarkdownStream } from "./stream";

const words = { copyCode: "Copy", imageOf: (alt: string) => `Image: ${alt}`, ticked: "done", notTicked: "open" };

function shown(...pieces: string[]): string {
  const box = document.createElement("div");
  const stream = new MarkdownStream(box, words);
  let text = "";
  for (const piece of pieces) stream.show((text += piece));
  return box.innerHTML;
}

/** The same numbers in every run. */
function random(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed / 4294967296;
  };
}

const TEXTS = {
  prose: "Hello **bold** and *soft* `code`\nsame line  \nnew line\n\nsecond paragraph\n\nthird",
  looseList: "- one\n\n- two\n\n  more of two\n- three\n\nafter",
  nestedList: "1. one\n   - a\n   - b\n\n     deep\n2. two\n\n- other\n* third kind",
  tasks: "- [x] done\n- [ ] open **now**\n\ntext",
  headings: "# One\n\nTwo\n---\n\nThree\n===\n#### Four\ntext right below",
  table: "before\n\n| a | b |\n|---|:-:|\n| 1 | `x|y` |\n| 2 |\n\nafter\n| not | a table |\n",
  code: "```js\nconst a = 1;\n\n```\n\n    indented\n\n    more\n\n~~~\nopen until the end\n\n- no list",
  quote: "> a\n> - b\n\n> c\nlazy\n\ntext",
  definitions: "See [the wiki][1] and [that].\n\nMore [text][1].\n\n[1]: https://example.com/wiki\n[that]: /there 'Title'\n\nend",
  html: "a <b>bold</b>\n\n<div>\nblock\n\n</div>\n\n<!-- note\n\nmore -->\n\n<script>\nalert(1)\n\n</script>\n\nend",
  entities: "R&amp;D &copy; &#8212; &#x1F600; &nope; &lt;b&gt; `&amp;`",
  crlf: "one\r\ntwo\r\n\r\n- a\r\n- b\rc\r\r- d",
  rules: "***\n\n---\n- - -\ntext\n___\n",
  links: "<https://a.example> https://b.example/x_y. [t](https://c.example 'T') ![alt](https://d.example/x.png) a@b.example",
  odd: "\n\n   \n\ttabbed\n\n\\*not soft\\*\n\n~~gone~~ snake_case_name 2 * 3 * 4\n\n-\n\n-\n- x\n\n+\n",
};

describe("any way of cutting a text into pieces ends in the same nodes", () => {
  test.each(Object.entries(TEXTS))("%s", (_, text) => {
    const whole = shown(text);
    expect(shown(...text)).toBe(whole);
    for (let at = 1; at < text.length; at++) expect(shown(text.slice(0, at), text.slice(at))).toBe(whole);
  });

  test("all of them together, cut at random", () => {
    const next = random(7);
    const texts = Object.values(TEXTS);
    for (let round = 0; round < 60; round++) {
      const text = Array.from({ length: 4 }, () => texts[Math.floor(next() * texts.length)]).join(next() < 0.5 ? "\n\n" : "\n");
      const pieces: string[] = [];
      for (let at = 0; at < text.length; ) {
        const size = 1 + Math.floor(next() * 9);
        pieces.push(text.slice(at, at + size));
        at += size;
      }
      expect(shown(...pieces)).toBe(shown(text));
    }
  });

  test("a text that is not a longer one is drawn anew", () => {
    const box = document.createElement("div");
    const stream = new MarkdownStream(box, words);
    stream.show("one\n\ntwo\n\nthree\n");
    stream.show("other");
    expect(box.innerHTML).toBe("<p>other</p>");
  });
});

describe("while a text grows", () => {
  test("blocks that are final keep their nodes and are not read again", () => {
    const box = document.createElement("div");
    const stream = new MarkdownStream(box, words);
    const start = "first\n\nsecond\n\nthird\n\n";
    stream.show(start);
    const first = box.firstChild;
    const lex = vi.spyOn(Lexer, "lex");
    stream.show(`${start}fourth`);
    expect(box.firstChild).toBe(first);
    expect(lex.mock.calls.map(([source]) => source)).toEqual(["third\n\nfourth"]);
    lex.mockRestore();
  });
});

describe("nothing in a text becomes anything but words", () => {
  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "text <a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61vascript:alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](\\\\evil.example)",
    "[x](/\t/evil.example)",
    "[x](blob:https://evil.example/1)",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "![x](https://evil.example/track.png)",
    "![x](javascript:alert(1))",
    "![<img src=x onerror=alert(1)>](x)",
    '[x](https://ok.example "\\" onmouseover=alert(1) x=\\"")',
    "```html onload=alert(1)\n<script>alert(1)</script>\n```",
    "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
    "# <img src=x onerror=alert(1)>",
    "- <style>*{display:none}</style>",
    "<style>@import 'https://evil.example'</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  ])("%s", (text) => {
    const box = document.createElement("div");
    new MarkdownStream(box, words).show(text);
    expect(box.querySelectorAll("script,img,svg,iframe,style,math,form,object,embed").length).toBe(0);
    for (const element of box.querySelectorAll("*")) {
      for (const { name } of element.attributes) {
        expect(["href", "rel", "target", "title", "class", "type", "tabindex", "start", "disabled", "checked", "style", "aria-label"]).toContain(name);
      }
    }
    for (const link of box.querySelectorAll("a")) expect(link.getAttribute("href")).toMatch(/^(https:\/\/ok\.example|mailto:)/);
  });

  test("links say where they may lead", () => {
    expect(shown("[a](https://x.example) [b](/tasks/1) [c](mailto:a@b.example) [d](chatkit-link://open?id=1) [e](#top)")).toBe(
      '<p><a href="https://x.example" rel="noopener noreferrer nofollow" target="_blank">a</a> ' +
        '<a href="/tasks/1" rel="noopener noreferrer nofollow">b</a> ' +
        '<a href="mailto:a@b.example" rel="noopener noreferrer nofollow">c</a> ' +
        '<a href="chatkit-link://open?id=1" rel="noopener noreferrer nofollow">d</a> ' +
        '<a href="#top" rel="noopener noreferrer nofollow">e</a></p>',
    );
  });

  test("a text nested deeper than anyone writes is still shown", () => {
    expect(shown(`${">".repeat(20_000)} deep`)).toContain("deep");
    expect(shown(`${"[".repeat(5_000)}deep`)).toContain("deep");
    expect(shown(`${"- ".repeat(300)}deep`)).toContain("deep");
  });
});

describe("what people write is drawn", () => {
  test.each([
    ["emphasis", "**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>"],
    ["an ordered list that begins elsewhere", "3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["an image as its description", "![a cat](https://x.example/cat.png)", '<p><span class="image-alt">Image: a cat</span></p>'],
    ["references of characters", "R&amp;D &#8212; &nope;", "<p>R&amp;D — &amp;nope;</p>"],
    ["names with underscores", "use add_task and list_tasks", "<p>use add_task and list_tasks</p>"],
    ["HTML as words", "a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"],
  ])("%s", (_, text, html) => {
    expect(shown(text)).toBe(html);
  });

  test("a table with its alignment", () => {
    const box = document.createElement("div");
    new MarkdownStream(box, words).show("| a | b |\n|--:|---|\n| 1 | 2 |");
    const cells = [...box.querySelectorAll<HTMLElement>("th,td")];
    expect(cells.map((cell) => [cell.textContent, cell.style.textAlign])).toEqual([["a", "right"], ["b", ""], ["1", "right"], ["2", ""]]);
  });

  test("a task list with boxes that cannot be ticked", () => {
    const box = document.createElement("div");
    new MarkdownStream(box, words).show("- [x] a\n- [ ] b");
    expect([...box.querySelectorAll("input")].map((input) => [input.checked, input.disabled, input.ariaLabel ?? input.getAttribute("aria-label")])).toEqual([
      [true, true, "done"],
      [false, true, "open"],
    ]);
  });
});
