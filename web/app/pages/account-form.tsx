import { useRef, useState, type FormEvent, type ReactNode } from "react";
import { inWords } from "../api/errors";
import { usePageTitle } from "../page-title";
import { signIn, type Credentials } from "../session";
import "./account-form.css";

interface Props {
  endpoint: "login" | "signup";
  heading: string;
  submit: string;
  notice?: string;
  /** Whether a code is asked for, which the platform's team gives out. */
  invited?: boolean;
  /** What statuses mean here. */
  words: Record<number, string>;
  children: ReactNode;
}

/** Email, password and one button; signing in and signing up differ in words only. */
export function AccountForm({ endpoint, heading, submit, notice, invited = false, words, children }: Props) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  usePageTitle(heading);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const credentials = read(event.currentTarget);
    const missing = missingField(credentials, invited);
    if (missing) return refuse(missing.words, missing.field);
    setBusy(true);
    setProblem("");
    try {
      await signIn(endpoint, credentials);
    } catch (error) {
      setBusy(false);
      refuse(inWords(error, words), "password");
    }
  }

  function refuse(why: string, field: keyof Credentials) {
    setProblem(why);
    form.current?.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus();
  }

  return (
    <main className="account">
      <p className="account-brand" aria-hidden="true">
        <span className="brand-mark" /> todochat
      </p>
      <form ref={form} className="card" onSubmit={(event) => void send(event)} noValidate>
        <h1>{heading}</h1>
        {notice && <p className="notice">{notice}</p>}
        <div role="alert">{problem && <p className="problem">{problem}</p>}</div>
        <label htmlFor="email">Email</label>
        <input id="email" name="email" type="email" autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus />
        <PasswordField autoComplete={endpoint === "login" ? "current-password" : "new-password"} />
        {invited && (
          <>
            <label htmlFor="invite_code">Invitation code</label>
            <input id="invite_code" name="invite_code" autoComplete="off" spellCheck={false} required />
          </>
        )}
        <button type="submit" className="button primary" aria-disabled={busy}>
          {submit}
        </button>
      </form>
      <p className="account-other">{children}</p>
    </main>
  );
}

function PasswordField({ autoComplete }: { autoComplete: string }) {
  const [shown, setShown] = useState(false);
  return (
    <>
      <label htmlFor="password">Password</label>
      <div className="password">
        <input id="password" name="password" type={shown ? "text" : "password"} autoComplete={autoComplete} required />
        <button type="button" aria-pressed={shown} aria-controls="password" onClick={() => setShown(!shown)}>
          <span className="visually-hidden">Show characters</span>
          <span aria-hidden="true">{shown ? "Hide" : "Show"}</span>
        </button>
      </div>
    </>
  );
}

function read(form: HTMLFormElement): Credentials {
  const fields = new FormData(form);
  const text = (name: string) => String(fields.get(name) ?? "");
  const code = text("invite_code").trim();
  return { email: text("email").trim(), password: text("password"), ...(code && { invite_code: code }) };
}

function missingField(given: Credentials, invited: boolean): { field: keyof Credentials; words: string } | undefined {
  if (!given.email) return { field: "email", words: "Enter your email address." };
  if (!/^\S+@\S+$/.test(given.email)) return { field: "email", words: "This is not an email address." };
  if (!given.password) return { field: "password", words: "Enter your password." };
  if (invited && !given.invite_code) return { field: "invite_code", words: "Enter your invitation code." };
  return undefined;
}
