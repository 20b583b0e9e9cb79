// Runs the load generator on one server and gives what it has measured.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Above this share of the machine, what others did there shows in the figures. */
const DISTURBED = 10;

/**
 * What `loadgen MODE ARGS` says about a server, `{ endpoint, token, watch }`; `watch` names the processes whose processor time
 * and memory count. An answer that was refused or lost is an error, because a figure without it would flatter; of streams
 * that stay open it is a figure itself.
 */
export function load(tools, mode, server, args) {
  const token = server.token ? ["--token", server.token] : [];
  const watch = Object.entries(server.watch).flatMap(([name, pid]) => ["--watch", `${name}=${pid}`]);
  const line = execFileSync(join(tools, "loadgen"), [mode, "--url", server.endpoint, ...token, ...watch, ...args.map(String)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const result = JSON.parse(line.trim().split("\n").at(-1));
  const others = result.machine.foreign_pct ?? 0;
  const what = `${mode} ${args.join(" ")} on ${server.name}`;
  if (others > DISTURBED) console.error(`bench: others had ${others} % of the machine during ${what}`);
  result.failed = Object.values(result.errors).reduce((sum, count) => sum + count, 0);
  if (!result.failed) return result;
  const failure = `${what}: ${JSON.stringify(result.errors)}`;
  if (mode !== "open") throw new Error(failure);
  console.error(`bench: ${failure}`);
  return result;
}
