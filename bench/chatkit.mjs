// Measures ChatKit on Postgres beside the floor: every row, or those that are named. Usage: chatkit.mjs PROGRAMS TOOLS [NAME...]
import { load } from "./rows/load.mjs";
import { itemsList, itemsListMiddle, threadsGet, threadsList } from "./rows/reads.mjs";
import { onStage } from "./rows/stage.mjs";
import { bursts, firstToken, open, toolRound, trickle } from "./rows/streams.mjs";
import { print } from "./table.mjs";

const MEASURES = {
  bursts,
  trickle,
  "first-token": firstToken,
  "open-1000": open(1000, 1000),
  "open-5000": open(5000, 5000),
  "tool-round": toolRound,
  "items-list": itemsList,
  "items-list-middle": itemsListMiddle,
  "threads-list": threadsList,
  "threads-get": threadsGet,
};

/** Adds to the rows, each measured on servers of its own. */
export async function measureChatKit(programs, tools, rows, names = Object.keys(MEASURES)) {
  const unknown = names.filter((name) => !Object.hasOwn(MEASURES, name));
  if (unknown.length) throw new Error(`no ${unknown.join(", ")}; there are ${Object.keys(MEASURES).join(", ")}`);
  for (const name of names) {
    const loading = (mode, server, args) => load(tools, mode, server, args);
    rows.push(...(await onStage(programs, tools, (servers) => MEASURES[name]({ ...servers, load: loading }))));
  }
}

if (import.meta.filename === process.argv[1]) {
  const [programs, tools, ...names] = process.argv.slice(2);
  const rows = [];
  try {
    await measureChatKit(programs, tools, rows, names.length ? names : undefined);
  } catch (error) {
    console.error(`bench/chatkit: ${error.message}`);
    process.exitCode = 1;
  }
  if (rows.length) print(rows);
}
