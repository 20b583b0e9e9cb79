// Answers that stream.
import { row } from "../table.mjs";
import { oneCommit } from "./commit.mjs";

const perThousand = (result) => Number((result.cpu_us_per_delta.api / 1000).toPrecision(3));
const kib = (result) => Math.round(result.mem_per_stream.api.pss_kb);
const both = (floor, raw) => `${floor} (joined reads ${raw})`;

/** What a delta costs when a whole answer comes at once. */
export function bursts({ load, ours, floor, raw }) {
  const args = ["--concurrency", 16, "--deltas", 200, "--max-secs", 10];
  const result = load("chat", ours, [...args, "--requests", 4000]);
  // The floors are so fast that a few thousand answers would be a few ticks of the clock.
  const [beside, joined] = [load("chat", floor, [...args, "--requests", 8000]), load("chat", raw, [...args, "--requests", 20000])];
  const what = "200 deltas at once, 16 clients, Postgres";
  return [
    row(`${what}: CPU s per 1,000 deltas`, perThousand(result), both(perThousand(beside), perThousand(joined)), "≤ 0.004"),
    row(`${what}: answers/s`, result.answers_per_s, both(beside.answers_per_s, joined.answers_per_s)),
    row(`${what}: Postgres, CPU ms per answer`, result.cpu_ms_per_request.postgres),
  ];
}

/** What a delta costs when it comes alone. */
export function trickle({ load, ours, floor, raw }) {
  const [result, beside, joined] = [ours, floor, raw].map((server) => load("open", server, ["--streams", 100, "--delay", 20, "--window", 10, "--max-ramp", 20]));
  const what = "100 streams at 50 tokens/s";
  return [
    row(`${what}: CPU s per 1,000 deltas`, perThousand(result), both(perThousand(beside), perThousand(joined)), "≤ 1.3 × floor"),
    row(`${what}: added latency of a delta p99, ms`, result.delta_age_ms.p99, both(beside.delta_age_ms.p99, joined.delta_age_ms.p99)),
  ];
}

/** How soon the first word is there. */
export function firstToken({ load, ours, floor, raw }) {
  const [result, beside, joined] = [ours, floor, raw].map((server) => load("chat", server, ["--requests", 300, "--deltas", 3, "--delay", 20, "--warmup", 20]).first_ms);
  const commit = oneCommit();
  const what = "model at 50 tokens/s, 1 client, Postgres with fsync";
  return [
    row(`${what}: first token p50, ms`, result.p50, `${both(beside.p50, joined.p50)}, and one commit ${commit}`, "floor + one commit, ≤ 1.5"),
    row(`${what}: first token p99, ms`, result.p99, both(beside.p99, joined.p99)),
  ];
}

/** What a stream holds while it is open, and what is left of it when its reader has gone. */
export const open = (streams, delay) => ({ load, ours, floor, raw, seeded }) => {
  const args = ["--streams", streams, "--delay", delay, "--window", 10, "--fake-stats", `${seeded.model_url}/stats`];
  const [result, beside, joined] = [ours, floor, raw].map((server) => load("open", server, args));
  const what = `${streams.toLocaleString("en")} streams at ${1000 / delay} delta/s`;
  // Those that broke before could not hang up.
  const left = ({ upstream_open_1s_after_hangup: still, opened }) => (opened === streams ? still : `${still} (${opened} hung up)`);
  return [
    row(`${what}: memory per stream, KiB (PSS)`, kib(result), both(kib(beside), kib(joined)), "≤ 45"),
    row(`${what}: refused or broken`, result.failed, both(beside.failed, joined.failed), "0"),
    row(`${what}: seconds to open them all`, result.ramp_s, both(beside.ramp_s, joined.ramp_s)),
    row(`${what}: CPU s per 1,000 deltas`, perThousand(result), both(perThousand(beside), perThousand(joined))),
    row(`${what}: model streams open 1 s after all hang up`, left(result), both(left(beside), left(joined)), "0"),
  ];
};

const modelStats = async ({ model_url }) => (await fetch(`${model_url}/stats`)).json();

/** Two requests to the model, and a call of a tool over HTTP between them. */
export async function toolRound({ load, ours, floor, raw, seeded }) {
  const args = ["--concurrency", 16, "--deltas", 20, "--tool", "list_tasks", "--max-secs", 10];
  const before = await modelStats(seeded);
  const result = load("chat", ours, [...args, "--requests", 10000]);
  const after = await modelStats(seeded);
  const outputs = after.tool_outputs - before.tool_outputs;
  if (outputs < result.ok || after.tool_errors > before.tool_errors) throw new Error(`${outputs} tool calls for ${result.ok} answers, or some failed`);
  const [beside, joined] = [floor, raw].map((server) => load("chat", server, [...args, "--requests", 20000]));
  const what = "one tool round + 20 deltas, 16 clients, Postgres with fsync";
  const cpu = (who) => result.cpu_ms_per_request[who];
  return [
    row(`${what}: answers/s`, result.answers_per_s, both(beside.answers_per_s, joined.answers_per_s), "≥ 800"),
    row(`${what}: whole answer p50, ms`, result.total_ms.p50, both(beside.total_ms.p50, joined.total_ms.p50)),
    row(`${what}: chat server, CPU ms per answer`, cpu("api"), both(beside.cpu_ms_per_request.api, joined.cpu_ms_per_request.api)),
    row(`${what}: tool server and Postgres, CPU ms per answer`, `${cpu("mcp")} and ${cpu("postgres")}`),
  ];
}
