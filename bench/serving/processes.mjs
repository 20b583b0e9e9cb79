// What `up` has started and `down` ends, with its state in one folder.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where logs, keys, the database and the list of processes are. */
export const state = process.env.TODOCHAT_BENCH_STATE ?? join(tmpdir(), "todochat-bench-servers");
/** What `up` has printed, for those who find the servers up. */
export const printed = join(state, "servers.json");
const list = join(state, "processes.json");

export function begin() {
  if (existsSync(state)) throw new Error(`${state} is there: bench/servers down`);
  mkdirSync(state, { mode: 0o755 });
  writeFileSync(list, "[]");
}

/** Starts a program that goes on when this one has ended. */
export function start(name, program, args, env = {}) {
  const log = openSync(join(state, `${name}.log`), "a");
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", log, log], detached: true });
  child.unref();
  note(name, child.pid);
  return child.pid;
}

/** Remembers a process that is to be ended. */
export function note(name, pid) {
  writeFileSync(list, JSON.stringify([...processes(), { name, pid }]));
}

/** The process of that name. */
export const pidOf = (name) => processes().find((process) => process.name === name).pid;

const processes = () => (existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : []);

/** A port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits for a 200. */
export async function answers(name, url, request = {}) {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const ok = await fetch(url, request).then((answer) => answer.ok, () => false);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${name} does not answer`);
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The last words of each of them. */
export function lastWords() {
  const logs = readdirSync(state).filter((name) => name.endsWith(".log"));
  const said = logs.map((name) => [name, readFileSync(join(state, name), "utf8").trim().split("\n").slice(-5)]);
  return said.map(([name, lines]) => `--- ${name}\n${lines.join("\n")}`).join("\n");
}

/** Ends all of them, the last one first. */
export async function endAll() {
  for (const { name, pid } of processes().reverse()) {
    if (!lives(pid)) continue;
    // Postgres waits for its clients with SIGTERM and sends them away with SIGINT.
    process.kill(pid, name === "postgres" ? "SIGINT" : "SIGTERM");
    while (lives(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  rmSync(state, { recursive: true, force: true });
}

export function run(program, args, options = {}) {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["pipe", "pipe", "inherit"], ...options });
}
