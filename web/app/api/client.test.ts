import { beforeEach, expect, test, vi } from "vitest";
import { Client } from "./client";

const user = { id: "usr_1", email: "ada@example.org" };
const access = (token: string) => ({ access_token: token, expires_in: 600, user });
const onEnded = vi.fn();
const onRenewed = vi.fn();
let now = 0;
let asked: string[] = [];

/** A server that honours the tokens in `good`, and renews with those in `renewals`, one by one. */
function signedIn({ good = ["t1"], renewals = [] as string[] } = {}): Client {
  const fetch = async (url: string, init: RequestInit) => {
    const token = new Headers(init.headers).get("authorization")?.replace("Bearer ", "");
    asked.push(token ? `${url} ${token}` : url);
    if (url === "/api/auth/refresh") {
      const next = renewals.shift();
      return next ? Response.json(access(next)) : new Response(null, { status: 401 });
    }
    return token && good.includes(token) ? Response.json({ ok: true }) : new Response(null, { status: 401 });
  };
  const client = new Client({ fetch, now: () => now, onRenewed, onEnded });
  client.adopt(access("t1"));
  return client;
}

beforeEach(() => {
  now = 0;
  asked = [];
  onEnded.mockClear();
  onRenewed.mockClear();
});

test("a request carries the token", async () => {
  await signedIn().get("/api/tasks");
  expect(asked).toEqual(["/api/tasks t1"]);
});

test("a change outlives its page, unless it is too long for that", async () => {
  const sent: (boolean | undefined)[] = [];
  const fetch = async (_: string, init: RequestInit) => {
    sent.push(init.keepalive);
    return Response.json({});
  };
  const client = new Client({ fetch, now: () => 0, onRenewed, onEnded });
  client.adopt(access("t1"));
  await client.get("/a");
  await client.post("/a");
  await client.patch("/a", { title: "short" });
  await client.patch("/a", { description: "x".repeat(20_000) });
  expect(sent).toEqual([false, true, true, false]);
});

test("a token that is about to end is renewed once for all who ask", async () => {
  const client = signedIn({ good: ["t2"], renewals: ["t2"] });
  now = 571_000;
  await Promise.all([client.get("/a"), client.get("/b")]);
  expect(asked).toEqual(["/api/auth/refresh", "/a t2", "/b t2"]);
});

test("a refused token is renewed and the request repeated once", async () => {
  await signedIn({ good: ["t2"], renewals: ["t2"] }).get("/a");
  expect(asked).toEqual(["/a t1", "/api/auth/refresh", "/a t2"]);
});

test("a session that cannot be renewed ends, and says so once", async () => {
  const client = signedIn({ good: [] });
  const results = await Promise.allSettled([client.get("/a"), client.get("/b")]);
  expect(results).toMatchObject([{ reason: { status: 401 } }, { reason: { status: 401 } }]);
  expect(onEnded).toHaveBeenCalledOnce();
});

test("a token that is refused right after its renewal ends the session", async () => {
  const response = await signedIn({ good: [], renewals: ["t2"] }).authorized("/a");
  expect(response.status).toBe(401);
  expect(asked).toEqual(["/a t1", "/api/auth/refresh", "/a t2"]);
  expect(onEnded).toHaveBeenCalledOnce();
});

test("when the cookie is somebody else's by now, what was begun is not sent as theirs", async () => {
  const client = signedIn({ good: ["t2"], renewals: ["t2"] });
  const bob = { id: "usr_2", email: "bob@example.org" };
  vi.spyOn(client, "open").mockResolvedValue({ ...access("t2"), user: bob });
  now = 571_000;
  await expect(client.post("/a")).rejects.toMatchObject({ status: 401 });
  expect(asked).toEqual([]);
  expect(onRenewed).toHaveBeenCalledExactlyOnceWith(bob);
  expect(onEnded).not.toHaveBeenCalled();
});

test("an answer that comes after the person left is not given out", async () => {
  let answer: (response: Response) => void = () => {};
  const fetch = () => new Promise<Response>((resolve) => (answer = resolve));
  const client = new Client({ fetch, now: () => 0, onRenewed, onEnded });
  client.adopt(access("t1"));
  const asking = client.get("/a");
  await expect.poll(() => answer.length).toBe(1);
  client.forget();
  client.adopt({ ...access("t2"), user: { id: "usr_2", email: "bob@example.org" } });
  answer(Response.json({ secret: true }));
  await expect(asking).rejects.toMatchObject({ status: 401 });
  expect(onEnded).not.toHaveBeenCalled();
});

test("a lost connection while renewing does not end the session", async () => {
  const client = signedIn();
  now = 571_000;
  vi.spyOn(client, "open").mockRejectedValue(new TypeError("Failed to fetch"));
  await expect(client.get("/a")).rejects.toThrow("Failed to fetch");
  expect(onEnded).not.toHaveBeenCalled();
});

test("after signing out nothing is sent", async () => {
  const client = signedIn();
  client.forget();
  expect((await client.authorized("/a")).status).toBe(401);
  expect(asked).toEqual([]);
  expect(onEnded).not.toHaveBeenCalled();
});
