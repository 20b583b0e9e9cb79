// An MCP server over standard input and output, of the time before `server/discover`, with nothing but
// Node. Its tools show what the bridge does with it.
//
//   --gate FILE          does not start while FILE is there
//   --dies-on-discover   ends when it is asked something before `initialize`

import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const flag = (name) => process.argv.indexOf(name) + 1;
if (flag("--gate") && existsSync(process.argv[flag("--gate")])) process.exit(1);
console.error("hello from the child");

let cancelled = 0;
let waiting = 0;
let together = [];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (id, text) => send({ id, result: { content: [{ type: "text", text: String(text) }] } });

const calls = {
    // Answers when so many have asked, the last one first.
    echo(id, { words, of = 1 }) {
        together.push([id, words]);
        if (together.length < of) return;
        for (const [id, words] of together.reverse()) text(id, words);
        together = [];
    },
    wait() { waiting += 1; },
    waiting(id) { text(id, waiting); },
    crash() { process.exit(3); },
    pid(id) { text(id, process.pid); },
    cancelled(id) { text(id, cancelled); },
    fail(id) { send({ id, error: { code: -32050, message: "no luck", data: { why: "chance" } } }); },
    meta(id, _, meta) { text(id, JSON.stringify(meta ?? null)); },
};

const methods = {
    initialize(id) {
        send({
            id,
            result: {
                protocolVersion: "2025-06-18",
                capabilities: { tools: { listChanged: true }, prompts: {} },
                serverInfo: { name: "child", version: "7" },
                instructions: "Be kind.",
            },
        });
    },
    "tools/list"(id) {
        const inputSchema = { type: "object" };
        send({ id, result: { tools: Object.keys(calls).map((name) => ({ name, inputSchema })) } });
    },
    "tools/call"(id, { name, arguments: given, _meta }) {
        calls[name](id, given ?? {}, _meta);
    },
    "notifications/initialized"() {},
    "notifications/cancelled"() { cancelled += 1; },
    "server/discover"(id) {
        if (flag("--dies-on-discover")) process.exit(1);
        send({ id, error: { code: -32601, message: "Method not found" } });
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    methods[method](id, params ?? {});
}
