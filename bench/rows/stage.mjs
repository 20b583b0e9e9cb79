// The servers of one row: ours and the two floors, all fresh, so that no row is measured in what another has left behind.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { answers, freePort, pidOf, printed } from "../serving/processes.mjs";

const script = (name, ...args) =>
  execFileSync(process.execPath, [new URL(`../serving/${name}`, import.meta.url).pathname, ...args], { stdio: ["ignore", "ignore", "inherit"] });

/** Calls `measure` with the servers. Those of `bench/servers up`, if there are any, are used and stay. */
export async function onStage(programs, tools, measure) {
  const found = existsSync(printed);
  if (found) console.error("bench: on the servers that are up");
  else script("up.mjs", programs, tools, "");
  const floors = [];
  try {
    const seeded = JSON.parse(readFileSync(printed, "utf8"));
    const floor = await startFloor(floors, tools, seeded.model_url);
    const raw = await startFloor(floors, tools, seeded.model_url, { FLOOR_RAW: "1" });
    return await measure({ ours: ours(seeded), floor, raw, seeded });
  } finally {
    for (const child of floors) child.kill("SIGTERM");
    if (!found) script("down.mjs");
  }
}

const ours = ({ url, token, pids }) => ({
  name: "todochat",
  endpoint: url,
  token,
  watch: { api: pids.api[0], mcp: pids.mcp[0], postgres: pidOf("postgres") },
});

async function startFloor(floors, tools, model, env = {}) {
  const port = await freePort();
  const child = spawn(join(tools, "floor"), [`127.0.0.1:${port}`, `${model}/responses`], { env, stdio: ["ignore", "ignore", "inherit"] });
  floors.push(child);
  const endpoint = `http://127.0.0.1:${port}/chatkit`;
  await answers("the floor", endpoint, { method: "POST", body: '{"type":"threads.list","params":{}}' });
  return { name: env.FLOOR_RAW ? "the floor with joined reads" : "the floor", endpoint, watch: { api: child.pid } };
}
