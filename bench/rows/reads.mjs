// Pages of what is stored, on Postgres with row-level security, for 16 clients at a time.
import { row } from "../table.mjs";

const PAGE = 20;

/** A read that answers with a page; `params` makes its parameters from what was seeded. */
const read = (what, type, params, targets = {}) => ({ load, ours, floor, seeded }) => {
  const args = ["--body", JSON.stringify({ type, params: params(seeded) }), "--want-items", PAGE, "--concurrency", 16, "--warmup", 200];
  const result = load("op", { ...ours, token: seeded.reader_token }, [...args, "--requests", 30000]);
  const beside = load("op", floor, [...args, "--requests", 200000]);
  const cpu = (who) => result.cpu_ms_per_request[who];
  return [
    row(`${what}: requests/s`, result.per_s, beside.per_s, targets.perSecond),
    row(`${what}: p50, ms`, result.latency_ms.p50, beside.latency_ms.p50),
    row(`${what}: p99, ms`, result.latency_ms.p99, beside.latency_ms.p99, targets.p99),
    row(`${what}: CPU ms per request`, cpu("api"), beside.cpu_ms_per_request.api),
    row(`${what}: Postgres, CPU ms per request`, cpu("postgres")),
  ];
};

const page = { limit: PAGE, order: "desc" };

export const itemsList = read("items.list, last 20 of 10,000, 16 clients", "items.list",
  ({ big_thread }) => ({ thread_id: big_thread, ...page }), { perSecond: "≥ 5,000", p99: "≤ 10" });
export const itemsListMiddle = read("items.list, 20 from the middle of 10,000, 16 clients", "items.list",
  ({ big_thread, mid_item }) => ({ thread_id: big_thread, after: mid_item, ...page }));
export const threadsList = read("threads.list, account of 1,000 threads, 16 clients", "threads.list",
  () => page, { perSecond: "≥ 5,000" });
export const threadsGet = read("threads.get_by_id, thread of 10,000 items, 16 clients", "threads.get_by_id",
  ({ big_thread }) => ({ thread_id: big_thread }));
