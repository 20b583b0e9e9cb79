// An issuer of its own, because its tokens may live for a day: ours live for ten minutes. Usage: issuer.mjs PORT JWKS
import { createServer } from "node:http";

const [port, keys] = process.argv.slice(2);
const serve = (_, answer) => answer.setHeader("content-type", "application/json").end(keys);
createServer(serve).listen(Number(port), "127.0.0.1");
