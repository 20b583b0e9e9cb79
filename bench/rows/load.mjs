// Runs the load generator on one server and gives what it has measured.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Above this share of the machine, what others did there shows in the figures. */
const DISTURBED = 10;

/**
 * What `loadgen MODE ARGS` says about a server, `{ endpoint, token, watch }`; `watch` names the processes whose processor time
 * and memory count. Any answer that was refused or lost is an error: a figure without it would flatter.
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
  if (Object.keys(result.errors).length) throw new Error(`${what}: ${JSON.stringify(result.errors)}`);
  return result;
}
