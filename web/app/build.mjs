// Builds the pages: one script and one sheet with a hash in their names, and the document that names them.
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** The most that may go over the wire, in bytes of gzip; the first load is all of this and the panel. */
const BUDGET = { ".js": 25_000, ".css": 12_000, firstLoad: 90_000 };

/** The source is React; Preact speaks the same language in a sixth of the bytes. */
const PREACT_FOR_REACT = {
  react: "preact/compat",
  "react-dom/client": "preact/compat/client",
  "react/jsx-runtime": "preact/jsx-runtime",
};

export async function build(outdir) {
  const assets = join(outdir, "assets");
  await rm(assets, { recursive: true, force: true });
  const { metafile } = await esbuild({
    absWorkingDir: here,
    entryPoints: [join(here, "main.tsx")],
    outdir: assets,
    entryNames: "app-[hash]",
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    alias: PREACT_FOR_REACT,
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    banner: { js: "/*! todochat, Apache-2.0; contains preact, MIT, and @openai/chatkit-react, Apache-2.0 */" },
    tsconfig: join(here, "tsconfig.json"),
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  await writeDocument(outdir, {
    script: names.find((name) => name.endsWith(".js")),
    sheet: names.find((name) => name.endsWith(".css")),
    icon: await copyWithHash(join(here, "icon.svg"), assets),
  });
  await weigh(outdir, names);
}

/** Puts the names into the document. Every `{{name}}` must be one of them. */
async function writeDocument(outdir, names) {
  const document = await readFile(join(here, "index.html"), "utf8");
  const filled = document.replace(/\{\{(\w+)\}\}/g, (_, name) => {
    if (!names[name]) throw new Error(`index.html names ${name}, which was not built`);
    return `/assets/${names[name]}`;
  });
  await writeFile(join(outdir, "index.html"), filled);
}

async function copyWithHash(file, folder) {
  const bytes = await readFile(file);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const name = `${basename(file, extname(file))}-${hash}${extname(file)}`;
  await writeFile(join(folder, name), bytes);
  return name;
}

async function weigh(outdir, names) {
  const gzip = async (path) => gzipSync(await readFile(join(outdir, path)), { level: 9 }).length;
  let firstLoad = (await gzip("index.html")) + (await gzip("chatkit.js").catch(() => 0));
  for (const name of names) {
    const size = await gzip(join("assets", name));
    console.log(`dist/assets/${name} ${size} bytes gzip of ${BUDGET[extname(name)]}`);
    if (size > BUDGET[extname(name)]) throw new Error(`${name} is over its budget`);
    firstLoad += size;
  }
  console.log(`first load ${firstLoad} bytes gzip of ${BUDGET.firstLoad}`);
  if (firstLoad > BUDGET.firstLoad) throw new Error("the first load is over its budget");
}
