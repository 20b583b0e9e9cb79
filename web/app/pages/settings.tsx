import { useEffect, useState } from "react";
import type { LoginSession, User } from "../api/answers";
import { inWords } from "../api/errors";
import { client, signOut } from "../session";
import { useStore } from "../store";
import { THEMES, chooseTheme, theme } from "../theme";
import { showToast } from "../toasts";
import "./settings.css";

export function Settings({ user }: { user: User }) {
  return (
    <>
      <h1>Settings</h1>
      <section className="card" aria-labelledby="account">
        <h2 id="account">Account</h2>
        <p>
          Signed in as <strong>{user.email}</strong>
        </p>
        <button type="button" className="button" onClick={() => void logOut()}>
          Log out
        </button>
      </section>
      <Appearance />
      <Sessions />
    </>
  );
}

async function logOut(): Promise<void> {
  try {
    await signOut();
  } catch (error) {
    showToast({ text: `You are still signed in. ${inWords(error)}`, tone: "problem" });
  }
}

const THEME_NAMES = { system: "As the system", light: "Light", dark: "Dark" };

function Appearance() {
  const chosen = useStore(theme);
  return (
    <fieldset className="card themes">
      <legend>Appearance</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={name === chosen} onChange={() => chooseTheme(name)} />
          {THEME_NAMES[name]}
        </label>
      ))}
    </fieldset>
  );
}

function Sessions() {
  const [sessions, setSessions] = useState<LoginSession[]>([]);
  const [problem, setProblem] = useState("");

  function attempt(work: Promise<LoginSession[]>) {
    setProblem("");
    work.then(setSessions, (error: unknown) => setProblem(inWords(error)));
  }

  useEffect(() => attempt(listSessions()), []);
  const others = sessions.filter(({ current }) => !current);
  return (
    <section className="card" aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      <p className="problem" role="alert">
        {problem}
      </p>
      <ul className="sessions">
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} end={() => attempt(endSessions(`/${session.id}`))} />
        ))}
      </ul>
      {others.length > 1 && (
        <button type="button" className="button" onClick={() => attempt(endSessions())}>
          End all other sessions
        </button>
      )}
    </section>
  );
}

async function listSessions(): Promise<LoginSession[]> {
  return (await client.get<{ sessions: LoginSession[] }>("/api/auth/sessions")).sessions;
}

/** Ends one session, or all others, and says what is left. */
async function endSessions(which = ""): Promise<LoginSession[]> {
  await client.delete(`/api/auth/sessions${which}`);
  return listSessions();
}

function SessionRow({ session, end }: { session: LoginSession; end: () => void }) {
  const name = browserName(session.user_agent ?? "");
  const since = new Date(session.created_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return (
    <li>
      <span>
        {name} <span className="quiet">since {since}</span>
      </span>
      {session.current ? (
        <span className="quiet">This browser</span>
      ) : (
        <button type="button" className="button small" aria-label={`End the session of ${name}`} onClick={end}>
          End
        </button>
      )}
    </li>
  );
}

const BROWSERS = ["Edg", "OPR", "Firefox", "Chrome", "Safari"] as const;
const BROWSER_NAMES = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux"];

/** A user agent as people call it. Each name stands before those that its browser also claims to be. */
function browserName(userAgent: string): string {
  const browser = BROWSERS.find((name) => userAgent.includes(`${name}/`));
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  if (!browser) return "A program or an unknown browser";
  return BROWSER_NAMES[browser] + (system ? ` on ${system}` : "");
}
