// The operator on a real API server: how long, how many requests, how much memory. Counted by the server's own audit log.
//
//   node bench/operator.mjs OPERATOR [COUNT ...]
//
// There is no kubelet: this program plays what workload controllers would answer, and a tool server for the handshakes.
import { spawn, execFileSync } from "node:child_process";
import { createServer, request } from "node:http";
import { createInterface } from "node:readline";
import { mkdtempSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { serve } from "./fleet.mjs";

const [operator, ...counts] = process.argv.slice(2);
const root = join(import.meta.dirname, "..");
const work = mkdtempSync(join(tmpdir(), "todochat-bench-operator."));
const started = [];
const group = "/apis/todochat.dev/v1alpha1";
const rows = [];

process.on("exit", () => started.forEach((child) => child.kill("SIGKILL")));

function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], ...options });
  started.push(child);
  return child;
}

async function line(child, wanted) {
  for await (const text of createInterface({ input: child.stdout ?? child.stderr })) {
    const found = wanted.exec(text);
    if (found) return found[1];
  }
  throw new Error("it ended before it was ready");
}

// ---- the API server, through a proxy that speaks plain HTTP --------------------------------------

let api;

async function call(method, path, body, type = "application/json") {
  const answer = await fetch(api + path, {
    method,
    headers: { "content-type": type },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Tells every event of a watch, from what is there on. */
function watch(path, tell) {
  const url = new URL(`${api}${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=3600`);
  request(url, (answer) => {
    createInterface({ input: answer }).on("line", (text) => tell(JSON.parse(text)));
    // Begins anew: all that is there is told again.
    answer.on("close", () => setTimeout(() => watch(path, tell), 100));
  }).on("error", () => setTimeout(() => watch(path, tell), 100)).end();
}

// ---- what stands in for controllers and tool servers -----------------------------------------------

const waiting = [];
let running = 0;

function soon(work) {
  waiting.push(work);
  while (running < 8 && waiting.length > 0) {
    running++;
    waiting.shift()().catch(() => {}).finally(() => { running--; if (waiting.length) soon(waiting.shift()); });
  }
}

function playControllers() {
  for (const kind of ["deployments", "statefulsets"]) {
    watch(`/apis/apps/v1/${kind}`, ({ type, object }) => {
      const { metadata, spec, status } = object;
      if (!["ADDED", "MODIFIED"].includes(type) || status?.observedGeneration === metadata.generation) return;
      const n = spec.replicas ?? 1;
      soon(() => call("PATCH", `/apis/apps/v1/namespaces/${metadata.namespace}/${kind}/${metadata.name}/status`, {
        status: { observedGeneration: metadata.generation, replicas: n, readyReplicas: n, updatedReplicas: n, availableReplicas: n },
      }, "application/merge-patch+json"));
    });
  }
  watch("/apis/batch/v1/jobs", ({ type, object: { metadata, status } }) => {
    if (type !== "ADDED" || status?.succeeded) return;
    const now = new Date().toISOString().replace(/\.\d+/, "");
    const done = (kind) => ({ type: kind, status: "True", reason: "CompletionsReached", message: "", lastTransitionTime: now, lastProbeTime: now });
    soon(() => call("PATCH", `/apis/batch/v1/namespaces/${metadata.namespace}/jobs/${metadata.name}/status`, {
      status: { startTime: now, completionTime: now, succeeded: 1, conditions: [done("SuccessCriteriaMet"), done("Complete")] },
    }, "application/merge-patch+json"));
  });
}

async function playToolServers() {
  const server = createServer(async (asked, answer) => {
    let text = "";
    for await (const part of asked) text += part;
    const { id, method } = JSON.parse(text || "{}");
    if (id === undefined) return answer.writeHead(202).end();
    const tools = [{ name: "add_task", inputSchema: { type: "object" } }];
    const results = {
      initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "todo", version: "1" } },
      "tools/list": { tools },
    };
    const result = results[method];
    const body = result ? { jsonrpc: "2.0", id, result } : { jsonrpc: "2.0", id, error: { code: -32601, message: "unknown" } };
    answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${server.address().port}`;
}

// ---- the audit log -----------------------------------------------------------------------------------

let auditLog;

function audit() {
  return readFileSync(auditLog, "utf8").split("\n").filter(Boolean).map((text) => JSON.parse(text));
}

const byOperator = (entry) => entry.userAgent?.startsWith("todochat-operator/");
const isWrite = (entry) => ["create", "update", "patch", "delete"].includes(entry.verb);
const isLease = (entry) => entry.objectRef?.resource === "leases";
const isEvent = (entry) => entry.objectRef?.resource === "events";
const time = (stamp) => Date.parse(stamp) + Number(stamp.slice(23, 26)) / 1000;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const percentile = (values, share) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const memory = (child) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024;
const row = (what, figure, target = "") => { rows.push([what, figure, target]); console.log(`${what}: ${figure}`); };

// ---- the measures ------------------------------------------------------------------------------------

async function startOperator(proxy, name, environment = {}) {
  const flags = ["--admin-listen=127.0.0.1:0", "--write-budget=0", "--max-rolling=0", "--log=todochat=warn,todochat_operator::run=info"];
  const child = start(operator, ["run", ...flags], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, HTTP_PROXY: proxy, NO_PROXY: "127.0.0.1", POD_NAME: name, POD_NAMESPACE: "default", ...environment },
  });
  child.admin = await line(child, /Serving operators on ([0-9.:]+)/);
  child.stderr.resume();
  return child;
}

async function ready(child) {
  while ((await fetch(`http://${child.admin}/metrics`).then((answer) => answer.text())).match(/todochat_operator_leader 0/)) await sleep(50);
}

async function create(namespace, count) {
  await call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  const isReady = new Set();
  let all;
  const done = new Promise((resolve) => { all = resolve; });
  watch(`${group}/namespaces/${namespace}/todochats`, ({ type, object }) => {
    if (!["ADDED", "MODIFIED"].includes(type)) return;
    const conditions = object.status?.conditions ?? [];
    if (conditions.some((it) => it.type === "Ready" && it.status === "True")) isReady.add(object.metadata.name);
    if (isReady.size === count) all();
  });
  const began = performance.now();
  const names = Array.from({ length: count }, (_, index) => `chat-${index}`);
  const body = (name) => ({ apiVersion: "todochat.dev/v1alpha1", kind: "TodoChat", metadata: { name }, spec: {} });
  const posts = Array.from({ length: 8 }, async () => {
    while (names.length) await call("POST", `${group}/namespaces/${namespace}/todochats`, body(names.shift()));
  });
  await Promise.all(posts);
  // A watch that was lost on the way is no reason to wait for ever.
  const looking = setInterval(async () => {
    const { items } = await call("GET", `${group}/namespaces/${namespace}/todochats`);
    if (items.every((object) => object.status?.conditions?.some((it) => it.type === "Ready" && it.status === "True"))) all();
  }, 5000);
  await done;
  clearInterval(looking);
  return (performance.now() - began) / 1000;
}

async function measure(child, count, target) {
  const before = audit().length;
  const seconds = await create(`bench-${count}`, count);
  await sleep(12_000); // what can wait is written
  const entries = audit().slice(before).filter(byOperator);
  const writes = entries.filter((entry) => isWrite(entry) && entry.responseStatus?.code < 300 && !isLease(entry) && !isEvent(entry));
  const status = writes.filter((entry) => entry.objectRef.subresource === "status");
  const children = writes.filter((entry) => entry.objectRef.resource !== "todochats");
  const distinct = new Set(children.map((entry) => `${entry.objectRef.resource}/${entry.objectRef.name}`));
  row(`${count} objects to Ready, s`, seconds.toFixed(1), target);
  row(`${count} objects: children of each, and writes of each child`, `${(distinct.size / count).toFixed(1)}, ${(children.length / distinct.size).toFixed(2)}`, "once");
  row(`${count} objects: status writes of each`, (status.length / count).toFixed(1), "≤ 5");
  row(`${count} objects: memory, MiB (RSS)`, memory(child).toFixed(1), count <= 50 ? "≤ 25" : "");
}

async function rest(count) {
  const before = audit().length;
  await sleep(60_000);
  const entries = audit().slice(before).filter((entry) => byOperator(entry) && entry.verb !== "watch");
  row(`${count} objects at rest: requests a minute besides the lease`, entries.filter((entry) => !isLease(entry)).length, "0");
  row("renewals of the lease a minute", entries.filter(isLease).length, "12");
}

async function edits(count) {
  const namespace = `bench-${count}`;
  const before = audit().length;
  for (let index = 0; index < 200; index++) {
    await call("PATCH", `${group}/namespaces/${namespace}/todochats/chat-${index % count}`, { spec: { chat: { streaming: { maxStreamsPerPod: 2000 + index } } } }, "application/merge-patch+json");
    await sleep(60);
  }
  await sleep(2000);
  const entries = audit().slice(before);
  const times = [];
  for (const edit of entries.filter((entry) => !byOperator(entry) && entry.objectRef?.resource === "todochats" && entry.verb === "patch")) {
    const [asked, answered] = [time(edit.requestReceivedTimestamp), time(edit.stageTimestamp)];
    const first = entries.find((entry) => byOperator(entry) && isWrite(entry) && entry.objectRef.resource === "deployments" && entry.objectRef.name === `${edit.objectRef.name}-chat` && time(entry.requestReceivedTimestamp) > asked);
    // The operator may hear of an edit before the one who made it has the answer.
    if (first) times.push(Math.max(0, time(first.requestReceivedTimestamp) - answered));
  }
  row(`edit → first child write arrives, ms p50 / p99 of ${times.length}`, `${percentile(times, 0.5).toFixed(1)} / ${percentile(times, 0.99).toFixed(1)}`, "≤ 10 / ≤ 50");
}

async function drift(count) {
  const namespace = `bench-${count}`;
  const before = audit().length;
  for (let index = 0; index < 100; index++) {
    await call("PATCH", `/apis/apps/v1/namespaces/${namespace}/deployments/chat-${index % count}-chat`, { spec: { replicas: 7 } }, "application/merge-patch+json");
    await sleep(60);
  }
  await sleep(2000);
  const entries = audit().slice(before);
  const times = [];
  for (const edit of entries.filter((entry) => !byOperator(entry) && entry.objectRef?.resource === "deployments" && !entry.objectRef.subresource && entry.verb === "patch")) {
    const at = time(edit.stageTimestamp);
    const put = entries.find((entry) => byOperator(entry) && entry.verb === "patch" && entry.objectRef.resource === "deployments" && entry.objectRef.name === edit.objectRef.name && time(entry.stageTimestamp) > at);
    if (put) times.push(time(put.stageTimestamp) - at);
  }
  row(`drift → put right, ms p50 / p99 of ${times.length}`, `${percentile(times, 0.5).toFixed(1)} / ${percentile(times, 0.99).toFixed(1)}`, "< 1000");
}

/** An object, and twelve of its children. */
async function samples(namespace) {
  const path = (group, plural) => `${group}/namespaces/${namespace}/${plural}`;
  const chat = await call("GET", `${path(group, "todochats")}/chat-0`);
  const found = [{ plural: "todochats", object: chat }];
  const groups = { "/api/v1": ["secrets", "serviceaccounts", "configmaps", "services", "persistentvolumeclaims"], "/apis/apps/v1": ["deployments", "statefulsets"], "/apis/batch/v1": ["jobs"], "/apis/networking.k8s.io/v1": ["networkpolicies"] };
  for (const [group, plurals] of Object.entries(groups)) {
    for (const plural of plurals) {
      const { apiVersion, kind, items } = await call("GET", `${path(group, plural)}?labelSelector=${encodeURIComponent("todochat.dev/object=chat-0")}`);
      for (const object of items) found.push({ plural, object: { apiVersion, kind: kind.replace(/List$/, ""), ...object } });
    }
  }
  return found.slice(0, 13);
}

async function fleet(made, count, proxy) {
  const { kubeconfig, close } = await serve(made, count, work);
  const began = performance.now();
  const child = await startOperator(proxy, "stands-by", { KUBECONFIG: kubeconfig });
  while (!(await fetch(`http://${child.admin}/readyz`)).ok) await sleep(100);
  row(`${count} objects and ${count * (made.length - 1)} children in the stores: first sync, s`, ((performance.now() - began) / 1000).toFixed(1));
  row(`${count} objects and ${count * (made.length - 1)} children in the stores: memory, MiB (RSS)`, memory(child).toFixed(1), count === 10_000 ? "< 100" : "");
  child.kill("SIGKILL");
  close();
}

async function succession(child, proxy) {
  const next = await startOperator(proxy, "second");
  await sleep(3000);
  const taken = async (end) => {
    const began = performance.now();
    end();
    await ready(next);
    return ((performance.now() - began) / 1000).toFixed(2);
  };
  row("new leader after SIGTERM, s", await taken(() => child.kill("SIGTERM")), "< 2");
  const third = await startOperator(proxy, "third");
  await sleep(6000);
  const began = performance.now();
  next.kill("SIGKILL");
  await ready(third);
  row("new leader after a kill, s", ((performance.now() - began) / 1000).toFixed(2), "≤ 10");
  return third;
}

// It goes down, and cleans up, when its standard input ends: with this program.
const cluster = spawn(join(root, "tests/cluster/cluster"), ["apiserver", "run", "--audit"], { stdio: ["pipe", "pipe", "inherit"] });
const kubeconfig = await line(cluster, /(\/.*kubeconfig)/);
auditLog = join(dirname(kubeconfig), "audit.log");
process.env.KUBECONFIG = kubeconfig;
// Where that program has put it.
const { TODOCHAT_CLUSTER_CACHE: cache, XDG_CACHE_HOME: caches } = process.env;
const kubectl = join(cache || join(caches || join(homedir(), ".cache"), "todochat-cluster"), "bin/kubectl");
execFileSync(kubectl, ["apply", "--server-side", "-f", join(root, "crds/todochats.yaml")]);
const proxied = start(kubectl, ["proxy", "--port=0", "--append-server-path"]);
api = `http://${await line(proxied, /Starting to serve on (.*)/)}`;
playControllers();
const proxy = await playToolServers();
let child = await startOperator(proxy, "first");
await ready(child);
row("one start, nothing to do: memory, MiB (RSS)", memory(child).toFixed(1));
const targets = { 50: "≤ 5", 1000: "≤ 120" };
for (const count of counts.map(Number)) {
  await measure(child, count, targets[count]);
  await edits(count);
  await drift(count);
}
await rest(counts.at(-1));
child = await succession(child, proxy);
row("after a restart, all stores filled: memory, MiB (RSS)", memory(child).toFixed(1));
await fleet(await samples(`bench-${counts[0]}`), 10_000, proxy);
console.log("\n| what | figure | target |\n|---|---|---|");
for (const cells of rows) console.log(`| ${cells.join(" | ")} |`);
process.exit(0);
