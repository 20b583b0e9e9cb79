// Starts everything, seeds, and prints where it is. Usage: up.mjs PROGRAMS TOOLS [MODEL_BASE_URL]
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { query, startPostgres, url as databaseUrl } from "./postgres.mjs";
import { answers, begin, endAll, freePort, lastWords, printed, start, state } from "./processes.mjs";
import { mint, newKey } from "./tokens.mjs";

const [programs, tools, givenModel] = process.argv.slice(2);
const at = (port, path = "") => `http://127.0.0.1:${port}${path}`;
const file = (name, content) => {
  writeFileSync(join(state, name), content, { mode: 0o600 });
  return join(state, name);
};

async function startModel() {
  if (givenModel) return givenModel;
  const port = await freePort();
  start("model", join(tools, "fake-openai"), [`127.0.0.1:${port}`]);
  await answers("the model", at(port, "/stats"));
  return at(port, "/v1");
}

/** The issuer of the tokens that are printed. */
async function startIssuer() {
  const [port, key] = [await freePort(), newKey()];
  start("issuer", process.execPath, [new URL("issuer.mjs", import.meta.url).pathname, String(port), JSON.stringify({ keys: [key.published] })]);
  await answers("the issuer", at(port));
  return { url: at(port), key };
}

const common = (port, admin) => ["--listen", `127.0.0.1:${port}`, "--admin-listen", `127.0.0.1:${admin}`, "--log", "error"];

async function startTools(ring, chat) {
  const [port, admin] = [await freePort(), await freePort()];
  const keys = file("tool-keys.json", JSON.stringify({ keys: [ring.published] }));
  const url = at(port, "/mcp");
  const pid = start("mcp", join(programs, "todochat-mcp-server"),
    [...common(port, admin), "--public-url", url, "--issuer-url", at(chat), "--issuer-keys-file", keys],
    { TODOCHAT_DATABASE_URL: databaseUrl });
  return { url, pid, ready: () => answers("the tool server", at(admin, "/readyz")) };
}

async function startChat(ring, port, issuer, mcp, model) {
  const admin = await freePort();
  const audience = at(port);
  const issuers = [{ issuer: issuer.url, jwks_url: issuer.url, audience, algorithms: ["EdDSA"], typ: "at+jwt" }];
  const pid = start("api", join(programs, "todochat-chat-server"),
    [...common(port, admin), "--public-url", at(port), "--mcp-url", mcp.url, "--outgoing-allow", "127.0.0.0/8",
      "--signing-keys-file", file("keys.json", JSON.stringify(ring.ring)), "--issuers-file", file("issuers.json", JSON.stringify(issuers)),
      // The API that the floor reads, too.
      "--model-base-url", model, "--model-api", "responses", "--rate-limit-per-minute", "100000", "--on-disconnect", "cancel"],
    { TODOCHAT_DATABASE_URL: databaseUrl });
  await answers("the chat server", at(admin, "/readyz"));
  return { pid, token: (name) => mint(issuer.key, issuer.url, audience, name) };
}

/** One thread through the protocol; its copies are made where it is kept. */
async function seed(endpoint, token) {
  const input = { content: [{ type: "input_text", text: "BENCH deltas=2 delay=0" }], attachments: [], inference_options: {} };
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ type: "threads.create", params: { input } }),
  });
  const text = await answer.text();
  const thread = /"type":"thread.created","thread":\{[^}]*?"id":"([^"]+)"/.exec(text)?.[1];
  if (!thread || text.includes('"type":"error"')) throw new Error(`no first thread: ${answer.status} ${text}`);
  const item = query("todochat", readFileSync(new URL("seed.sql", import.meta.url), "utf8"), { thread });
  return { big_thread: thread, mid_item: item };
}

async function up() {
  startPostgres();
  const [model, issuer, ring, port] = [await startModel(), await startIssuer(), newKey(), await freePort()];
  const mcp = await startTools(ring, port);
  // The first of the two that can makes the schema.
  const chat = await startChat(ring, port, issuer, mcp, model);
  await mcp.ready();
  const [url, reader] = [at(port, "/api/chatkit"), chat.token("reader")];
  const seeded = await seed(url, reader);
  const pids = { api: [chat.pid], mcp: [mcp.pid] };
  const line = JSON.stringify({ url, token: chat.token("writer"), reader_token: reader, ...seeded, model_url: model, pids });
  writeFileSync(printed, line, { mode: 0o600 });
  console.log(line);
}

begin();
try {
  await up();
} catch (error) {
  console.error(`bench/servers: ${error.message}\n${lastWords()}`);
  await endAll();
  process.exitCode = 1;
}
