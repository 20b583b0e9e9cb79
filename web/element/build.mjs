// Builds the panel element: one classic script, so that a page needs nothing but a script tag.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build as esbuild, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** The most the script may weigh on the wire. */
const BUDGET_GZIP_BYTES = 50_000;

/** The element's own sheet is a string that `adoptedStyleSheets` takes; comments and indentation stay behind. */
const sheetAsText = {
  name: "sheet-as-text",
  setup(pipeline) {
    pipeline.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    });
  },
};

/**
 * The panel uses marked's lexer and draws the tokens itself; a fifth of marked is what writes HTML. It comes as one file
 * whose parts refer to each other, which keeps a bundler from leaving anything out, so that part is cut off here: from
 * the renderer's class to the exports.
 */
const lexerOnly = {
  name: "lexer-only",
  setup(pipeline) {
    pipeline.onLoad({ filter: /marked\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const renderer = source.search(/var \w+=class\{options;parser;/);
      const lexer = /(\w+) as Lexer\b/.exec(source)?.[1];
      if (renderer < 0 || !lexer) throw new Error("marked has another shape than 18.2: see lexerOnly in element/build.mjs");
      return { contents: `${source.slice(0, renderer)}export{${lexer} as Lexer};`, loader: "js" };
    });
  },
};

export async function build(outdir) {
  const outfile = join(outdir, "chatkit.js");
  await esbuild({
    entryPoints: [join(here, "src/main.ts")],
    outfile,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    tsconfig: join(here, "tsconfig.json"),
    plugins: [sheetAsText, lexerOnly],
    banner: { js: "/*! todochat panel, Apache-2.0; contains preact and marked (MIT) and icons by Lucide (ISC): web/element/THIRD-PARTY.md */" },
  });
  const size = gzipSync(await readFile(outfile), { level: 9 }).length;
  console.log(`dist/chatkit.js ${size} bytes gzip of ${BUDGET_GZIP_BYTES}`);
  if (size > BUDGET_GZIP_BYTES) throw new Error(`chatkit.js is ${size - BUDGET_GZIP_BYTES} bytes over its budget`);
}
