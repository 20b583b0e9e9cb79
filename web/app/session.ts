import type { Access, User } from "./api/answers";
import { Client } from "./api/client";
import { isStatus } from "./api/errors";
import { keepDraft, forgetDraft } from "./chat/draft";
import { forgetThread } from "./chat/thread";
import { navigate } from "./router";
import { Store } from "./store";
import { clearToasts } from "./toasts";

/** Who is at the page, from the first moment on. */
export type Session =
  | { state: "starting" }
  | { state: "unreachable"; error: unknown }
  | { state: "signed-in"; user: User }
  | { state: "signed-out"; expired: boolean };

export const session = new Store<Session>({ state: "starting" });

export const client = new Client({
  fetch: (url, init) => fetch(url, init),
  now: Date.now,
  onRenewed: enter,
  onEnded: expire,
});

/** The tabs of one browser share the cookie, so they sign out together. */
const tabs = new BroadcastChannel("todochat.session");
tabs.addEventListener("message", () => leave({ expired: false }));

/** Finds out by the cookie whether somebody is signed in. */
export async function resume(): Promise<void> {
  session.set({ state: "starting" });
  try {
    await client.renew();
  } catch (error) {
    session.set(isStatus(error, 401) ? { state: "signed-out", expired: false } : { state: "unreachable", error });
  }
}

export interface Credentials {
  email: string;
  password: string;
  invite_code?: string;
}

export async function signIn(endpoint: "login" | "signup", credentials: Credentials): Promise<void> {
  const access = await client.open<Access>("POST", `/api/auth/${endpoint}`, credentials);
  enter(client.adopt(access).user);
}

/** Throws what the server says when it could not be told: the person is then still signed in. */
export async function signOut(): Promise<void> {
  try {
    await client.post("/api/auth/logout");
  } catch (error) {
    if (!isStatus(error, 401)) throw error;
  }
  const now = session.get();
  if (now.state === "signed-in") forgetThread(now.user.id);
  forgetDraft();
  tabs.postMessage("signed out");
  leave({ expired: false });
}

function enter(user: User): void {
  const now = session.get();
  if (now.state !== "signed-in" || now.user.id !== user.id) session.set({ state: "signed-in", user });
}

/** The server ended the session. What was being written and where the person was must survive the login. */
export function expire(): void {
  const now = session.get();
  if (now.state !== "signed-in") return;
  keepDraft(now.user.id);
  leave({ expired: true });
}

function leave({ expired }: { expired: boolean }): void {
  if (session.get().state !== "signed-in") return;
  client.forget();
  clearToasts();
  const next = expired ? `?next=${encodeURIComponent(location.pathname + location.search)}` : "";
  session.set({ state: "signed-out", expired });
  navigate(`/login${next}`, { replace: expired });
}
