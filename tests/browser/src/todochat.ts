// `todochat up` as a person starts it, on a data folder and ports of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Todochat {
  /** The address a browser opens. */
  url: string;
  /** The address of /metrics. */
  admin: string;
  stop(): Promise<void>;
}

export async function startTodochat(environment: Record<string, string> = {}): Promise<Todochat> {
  const program = process.env.TODOCHAT_BIN;
  if (!program) throw new Error("TODOCHAT_BIN must name the todochat program; `make test` sets it");
  const data = await mkdtemp(join(tmpdir(), "todochat-browser-"));
  const [web, admin, mcp] = await freePorts(3);
  const child = spawn(
    program,
    [
      "up",
      ...["--data", data],
      ...["--listen", `127.0.0.1:${web}`],
      ...["--admin-listen", `127.0.0.1:${admin}`],
      ...["--mcp-listen", `127.0.0.1:${mcp}`],
    ],
    { env: { PATH: process.env.PATH ?? "", ...environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  await firstLine(child);
  return {
    url: `http://127.0.0.1:${web}`,
    admin: `http://127.0.0.1:${admin}`,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The line that says it is ready; a program that ends before is an error with what it said. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (text) => (said = (said + text).slice(-4000)));
    child.stdout?.once("data", (text) => resolve(String(text)));
    child.once("exit", (code) => reject(new Error(`todochat ended with ${code}: ${said}`)));
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve) =>
        server.listen(0, "127.0.0.1", () => resolve(server)),
      );
    }),
  );
  return Promise.all(
    servers.map((server) => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      return new Promise<number>((resolve) => server.close(() => resolve(port)));
    }),
  );
}
