// Measures `todochat up`, then ChatKit on Postgres, beside the floor and prints one table. Usage: run.mjs PROGRAMS TOOLS
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { measureChatKit } from "./chatkit.mjs";
import { timePanel } from "./panel.mjs";
import { print, row as line } from "./table.mjs";

const [programs, tools] = process.argv.slice(2);
const ports = { model: 9100, floor: 9400, web: 9480, admin: 9490, mcp: 9481 };
const url = `http://127.0.0.1:${ports.web}`;
const data = mkdtempSync(join(tmpdir(), "todochat-bench-"));
const rows = [];
const row = (...cells) => rows.push(line(...cells));

const children = [];
function start(program, args, env = {}) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

function up(folder, env = {}) {
  return start(
    join(programs, "todochat"),
    ["up", "--data", folder, "--listen", `127.0.0.1:${ports.web}`, "--admin-listen", `127.0.0.1:${ports.admin}`,
      "--mcp-listen", `127.0.0.1:${ports.mcp}`, "--rate-limit-per-minute", "100000", "--log", "error"],
    env,
  );
}

async function firstOk(address) {
  for (;;) {
    try {
      const answer = await fetch(address);
      if (answer.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function stop(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

async function timeStart(folder, env) {
  const began = performance.now();
  const child = up(folder, env);
  await firstOk(`${url}/config.json`);
  return { child, ms: performance.now() - began };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function starts() {
  const first = [];
  const again = [];
  for (let round = 0; round < 5; round++) {
    const folder = mkdtempSync(join(tmpdir(), "todochat-bench-"));
    let started = await timeStart(folder);
    first.push(started.ms);
    await stop(started.child);
    started = await timeStart(folder);
    again.push(started.ms);
    await stop(started.child);
    rmSync(folder, { recursive: true });
  }
  row("first start to a first 200, ms (median of 5)", median(first).toFixed(1), undefined, "< 1,000");
  row("start on existing data to a first 200, ms (median of 5)", median(again).toFixed(1), undefined, "< 100");
}

/** Proportional set size in MiB. */
function memory(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)[1]) / 1024;
}

async function account() {
  const email = "bench@example.org";
  const answer = await fetch(`${url}/api/auth/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery staple" }),
  });
  if (answer.status !== 201) throw new Error(`signup: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

function load(args) {
  const line = execFileSync(join(tools, "loadgen"), args, { encoding: "utf8" });
  const result = JSON.parse(line.trim().split("\n").at(-1));
  if (Object.keys(result.errors).length) console.error("loadgen:", args.join(" "), result.errors);
  return result;
}

function chat(endpoint, token, extra) {
  return load(["chat", "--url", endpoint, ...(token ? ["--token", token] : []), ...extra]);
}

function compare(what, token, pid, extra, show) {
  const ours = chat(`${url}/api/chatkit`, token, [...extra, "--watch", `api=${pid}`]);
  const floor = chat(`http://127.0.0.1:${ports.floor}/chatkit`, "", extra);
  // The model itself never answers a turn that calls a tool: nobody is there to make the call.
  const alone = extra.includes("--tool")
    ? undefined
    : load(["chat", "--url", `http://127.0.0.1:${ports.model}/v1/responses`, "--mode", "direct", ...extra]);
  for (const [name, read, target] of show) {
    row(`${what}: ${name}`, read(ours), alone ? `${read(floor)} (model alone ${read(alone)})` : read(floor), target);
  }
}

function sizes() {
  const dist = new URL("../web/dist/", import.meta.url);
  const gzip = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length / 1000;
  const element = gzip("chatkit.js");
  const assets = readdirSync(new URL("assets/", dist)).filter((name) => /\.(js|css)$/.test(name));
  const total = element + gzip("index.html") + assets.reduce((sum, name) => sum + gzip(`assets/${name}`), 0);
  row("element, kB gzip", element.toFixed(1), undefined, "≤ 50");
  row("whole first load, kB gzip", total.toFixed(1), undefined, "≤ 90");
}

async function main() {
  sizes();
  await starts();
  const model = start(join(tools, "fake-openai"), [`127.0.0.1:${ports.model}`]);
  const floor = start(join(tools, "floor"), [`127.0.0.1:${ports.floor}`, `http://127.0.0.1:${ports.model}/v1/responses`]);
  await firstOk(`http://127.0.0.1:${ports.model}/stats`);
  const { child } = await timeStart(data, {
    TODOCHAT_MODEL_BASE_URL: `http://127.0.0.1:${ports.model}/v1`,
    TODOCHAT_MODEL_API: "responses",
  });
  row("idle memory, MiB (PSS)", memory(child.pid).toFixed(1), undefined, "< 40");
  const token = await account();
  compare("model at 50 tokens/s, 1 client", token, child.pid, ["--requests", "20", "--deltas", "50", "--delay", "20"], [
    ["first token p50, ms", (r) => r.first_ms.p50, "model + 5"],
    ["added latency of a delta p50, ms", (r) => r.delta_age_ms.p50, "< 1"],
    ["added latency of a delta p99, ms", (r) => r.delta_age_ms.p99],
  ]);
  compare("200 deltas at once, 16 clients", token, child.pid, ["--requests", "400", "--concurrency", "16"], [
    ["answers/s", (r) => r.answers_per_s],
    ["first token p50, ms", (r) => r.first_ms.p50],
  ]);
  compare("one tool round + 20 deltas, 1 client", token, child.pid, ["--requests", "200", "--deltas", "20", "--tool", "list_tasks"], [
    ["whole answer p50, ms", (r) => r.total_ms.p50],
  ]);
  row("memory after the load, MiB (PSS)", memory(child.pid).toFixed(1));
  await stop(child);
  const offline = await timeStart(data);
  for (const [what, ms] of Object.entries(await timePanel(url))) row(what, ms.toFixed(1), undefined, "< 100");
  await stop(offline.child);
  await stop(model);
  await stop(floor);
  await measureChatKit(programs, tools, rows);
}

try {
  await main();
} finally {
  print(rows);
  for (const child of children) if (child.exitCode === null) child.kill("SIGTERM");
  rmSync(data, { recursive: true, force: true });
}
