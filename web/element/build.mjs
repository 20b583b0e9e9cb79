// Builds the panel element: one classic script, so that a page needs nothing but a script tag.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** The most the script may weigh on the wire; see docs on the panel's budget. */
const BUDGET_GZIP_BYTES = 50_000;

/** The element's own sheet is a string that `adoptedStyleSheets` takes; comments and indentation stay behind. */
const sheetAsText = {
  name: "sheet-as-text",
  setup(pipeline) {
    pipeline.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await (await import("esbuild")).transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
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
    plugins: [sheetAsText],
    banner: { js: "/*! todochat panel, Apache-2.0; contains preact and marked, MIT */" },
  });
  const size = gzipSync(await readFile(outfile), { level: 9 }).length;
  console.log(`dist/chatkit.js ${size} bytes gzip of ${BUDGET_GZIP_BYTES}`);
  if (size > BUDGET_GZIP_BYTES) throw new Error(`chatkit.js is ${size - BUDGET_GZIP_BYTES} bytes over its budget`);
}
