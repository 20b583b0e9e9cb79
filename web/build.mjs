// Builds everything a browser gets into dist/, which is committed: `cargo build` never needs Node.
//
//   node build.mjs            build
//   node build.mjs --check    say which inputs changed since dist/ was built, and fail if any did
//
// Each part (element/, app/) has a build.mjs of its own that exports `build(outdir)`.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const manifest = join(dist, "MANIFEST");

/** Files that decide what dist/ holds. Tests and their fixtures do not. */
async function inputs() {
  const found = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json"];
  for (const part of ["element", "app"]) {
    if (!existsSync(join(root, part))) continue;
    for (const entry of await readdir(join(root, part), { recursive: true, withFileTypes: true })) {
      const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join("/");
      if (entry.isFile() && !/\.test\.tsx?$|\/testing\//.test(path)) found.push(path);
    }
  }
  return found.sort();
}

/** One line per input, in the format of `sha256sum`, so that a stale dist/ names its cause. */
async function digest() {
  const lines = [];
  for (const path of await inputs()) {
    const sum = createHash("sha256").update(await readFile(join(root, path))).digest("hex");
    lines.push(`${sum}  ${path}\n`);
  }
  return lines.join("");
}

async function check() {
  const built = existsSync(manifest) ? (await readFile(manifest, "utf8")).split("\n") : [];
  const now = (await digest()).split("\n");
  const stale = [...now.filter((line) => !built.includes(line)), ...built.filter((line) => !now.includes(line))];
  if (stale.length === 0) return;
  const names = new Set(stale.map((line) => line.slice(66)));
  console.error(`dist/ is older than:\n${[...names].map((name) => `  ${name}`).join("\n")}\nrun: npm run build`);
  process.exit(1);
}

async function build() {
  await mkdir(dist, { recursive: true });
  for (const part of ["element", "app"]) {
    const script = join(root, part, "build.mjs");
    if (!existsSync(script)) continue;
    const { build } = await import(script);
    await build(dist);
  }
  await writeFile(manifest, await digest());
}

await (process.argv.includes("--check") ? check() : build());
