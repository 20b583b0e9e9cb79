import type { Access, User } from "./answers";
import { ApiError, isStatus, refusal } from "./errors";

/** A token is renewed this long before it ends, so that a slow request does not outlive it. */
const RENEW_EARLY_MS = 30_000;
const TIMEOUT_MS = 30_000;
/** Browsers let requests of 64 KiB in all outlive their page. */
const OUTLIVES_PAGE_CHARACTERS = 12_000;

export interface Surroundings {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now: () => number;
  /** The cookie gave a token, and said whose it is. That may have changed: tabs share the cookie. */
  onRenewed: (user: User) => void;
  /** The session ended on the server; there is no way on but to log in. */
  onEnded: () => void;
}

/**
 * The one place that talks to the server. It keeps the access token, in memory only, and renews it by the cookie that
 * scripts cannot read.
 */
export class Client {
  #around: Surroundings;
  #access: { token: string; renewAt: number } | undefined;
  #renewing: Promise<Access> | undefined;
  /** The id of the person it speaks for. */
  #user: string | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get = <Answer>(path: string) => this.#json<Answer>("GET", path);
  post = <Answer>(path: string, body?: unknown) => this.#json<Answer>("POST", path, body);
  patch = <Answer>(path: string, body?: unknown) => this.#json<Answer>("PATCH", path, body);
  delete = (path: string) => this.#json<void>("DELETE", path);

  /** A request without a token. */
  async open<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return read<Answer>(await this.#around.fetch(path, request(method, body)));
  }

  /** Starts to speak for the person who just signed in. */
  adopt(access: Access): Access {
    this.#access = {
      token: access.access_token,
      renewAt: this.#around.now() + access.expires_in * 1000 - RENEW_EARLY_MS,
    };
    this.#user = access.user.id;
    return access;
  }

  forget(): void {
    this.#access = undefined;
    this.#user = undefined;
  }

  /** Gets a new token by the cookie. However many ask at once, the server is asked once. */
  renew(): Promise<Access> {
    this.#renewing ??= oneTabAtATime(() => this.open<Access>("POST", "/api/auth/refresh"))
      .then((access) => {
        this.adopt(access);
        this.#around.onRenewed(access.user);
        return access;
      })
      .finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /**
   * A request with the token, answered as it comes. A refused token is renewed once; if that does not help, the session is
   * over and the answer is 401. What one person began is never sent as another, nor answered to another.
   */
  async authorized(url: string, init: RequestInit = {}): Promise<Response> {
    const user = this.#user;
    for (let attempt = 0; attempt < 2; attempt++) {
      const token = await this.#token();
      if (token === undefined || this.#user !== user) break;
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${token}`);
      const response = await this.#around.fetch(url, { ...init, headers });
      if (this.#user !== user) break;
      if (response.status !== 401) return response;
      // Another request may have renewed it in the meantime.
      if (this.#access?.token === token) this.#access = undefined;
    }
    if (this.#user === user) this.#end();
    return new Response(null, { status: 401 });
  }

  async #json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return read<Answer>(await this.authorized(path, request(method, body)));
  }

  /** A token that will last for a request, or undefined when the session is over. */
  async #token(): Promise<string | undefined> {
    if (this.#user === undefined) return undefined;
    if (this.#access && this.#around.now() < this.#access.renewAt) return this.#access.token;
    try {
      return (await this.renew()).access_token;
    } catch (error) {
      if (isStatus(error, 401)) return undefined;
      throw error;
    }
  }

  #end(): void {
    if (this.#user === undefined) return;
    this.forget();
    this.#around.onEnded();
  }
}

/** A change is shown before it is saved, so it must reach the server even if the page is left at once. */
function request(method: string, body: unknown): RequestInit {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const json = body === undefined ? "" : JSON.stringify(body);
  const keepalive = method !== "GET" && json.length < OUTLIVES_PAGE_CHARACTERS;
  if (!json) return { method, signal, keepalive };
  return { method, signal, keepalive, headers: { "content-type": "application/json" }, body: json };
}

async function read<Answer>(response: Response): Promise<Answer> {
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(502);
  }
}

/** The cookie changes with each renewal, so two tabs that renew at once would use one twice. */
function oneTabAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
  // Plain http on another machine's address has no locks; the server forgives a short overlap.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? (locks.request("todochat.refresh", work) as Promise<Result>) : work();
}
