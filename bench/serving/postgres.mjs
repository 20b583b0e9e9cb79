// A Postgres of its own, as it comes: with fsync, and on a socket that only this machine has.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { note, run, state } from "./processes.mjs";

const folder = join(state, "postgres");

function newest() {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(a) - Number(b)) : [];
  if (!versions.length) throw new Error("install postgresql");
  return join(root, versions.at(-1), "bin");
}

export const url = `postgres://todochat@localhost/todochat?host=${encodeURIComponent(folder)}`;

/** Starts it, and makes a database for a login that row-level security binds. */
export function startPostgres() {
  const bin = newest();
  const isRoot = process.getuid() === 0;
  const as = (program, args) => (isRoot ? ["runuser", ["-u", "postgres", "--", program, ...args]] : [program, args]);
  mkdirSync(folder);
  if (isRoot) run("chown", ["postgres", folder]);
  const data = join(folder, "data");
  run(...as(join(bin, "initdb"), ["--auth=trust", "--username=bench", `--pgdata=${data}`]));
  const options = `-c listen_addresses= -c unix_socket_directories=${folder}`;
  run(...as(join(bin, "pg_ctl"), ["--wait", "--silent", `--pgdata=${data}`, `--log=${join(folder, "log")}`, `--options=${options}`, "start"]));
  note("postgres", Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]));
  query("postgres", "CREATE ROLE todochat LOGIN NOSUPERUSER; CREATE DATABASE todochat OWNER todochat;");
}

/** What the statements print, as the superuser, whom row-level security does not bind. */
export function query(database, statements, variables = {}) {
  const set = Object.entries(variables).map(([name, value]) => `--set=${name}=${value}`);
  const args = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", ...set];
  return run("psql", [...args, `--host=${folder}`, "--username=bench", database], { input: statements }).trim();
}

/** Milliseconds that the statement takes with its commit, on average over some seconds of one client. */
export function transactions(database, statement, seconds) {
  const script = join(state, "transaction.sql");
  writeFileSync(script, statement);
  const args = [`--host=${folder}`, "--username=bench", "--no-vacuum", "--protocol=prepared", `--time=${seconds}`, `--file=${script}`, database];
  const said = run(join(newest(), "pgbench"), args);
  return Number(/latency average = ([\d.]+) ms/.exec(said)[1]);
}
