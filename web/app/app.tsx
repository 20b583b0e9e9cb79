import { useEffect, useRef, type ReactNode } from "react";
import type { User } from "./api/answers";
import { inWords } from "./api/errors";
import { config } from "./app-data";
import { ChatDock } from "./chat/dock";
import { panel } from "./chat/panel";
import { usePhone } from "./media";
import { usePageTitle } from "./page-title";
import { Dashboard } from "./pages/dashboard";
import { Login } from "./pages/login";
import { NotFound } from "./pages/not-found";
import { Redirect } from "./pages/redirect";
import { Settings } from "./pages/settings";
import { Signup } from "./pages/signup";
import { Tasks } from "./pages/tasks";
import { Link, match, nextPage, usePlace, type Place } from "./router";
import { resume, session, type Session } from "./session";
import { useStore } from "./store";
import { Toasts } from "./toasts";

/** The whole page: which one it is follows from the address and from who is signed in. */
export function App() {
  const place = usePlace();
  const now = useStore(session);
  return (
    <>
      {now.state === "signed-in" ? <SignedIn user={now.user} place={place} /> : <SignedOut now={now} place={place} />}
      <Toasts />
    </>
  );
}

function SignedOut({ now, place }: { now: Exclude<Session, { state: "signed-in" }>; place: Place }) {
  const accounts = useStore(config)?.builtin_accounts;
  if (now.state === "starting") return <main className="starting" aria-busy="true" aria-label="Loading" />;
  if (now.state === "unreachable") return <Unreachable error={now.error} />;
  if (accounts === false) return <NoAccounts />;
  if (match("/login", place.path)) return <Login query={place.query} expired={now.expired} />;
  if (match("/signup", place.path)) return <Signup query={place.query} />;
  const wanted = match("/", place.path) ? "" : `?next=${encodeURIComponent(location.pathname + location.search)}`;
  return <Redirect to={`/login${wanted}`} />;
}

function Unreachable({ error }: { error: unknown }) {
  return (
    <main className="alone">
      <h1>todochat cannot be reached</h1>
      <p role="alert">{inWords(error)}</p>
      <button type="button" className="button primary" onClick={() => void resume()}>
        Try again
      </button>
    </main>
  );
}

/** People of another issuer have tokens, which only programs can present. */
function NoAccounts() {
  return (
    <main className="alone">
      <h1>Nobody can log in here</h1>
      <p>This server takes its people from another place, and has no accounts of its own.</p>
    </main>
  );
}

function SignedIn({ user, place }: { user: User; place: Place }) {
  const setup = useStore(config);
  const { open } = useStore(panel);
  const phone = usePhone();
  if (["/", "/login", "/signup"].some((path) => match(path, place.path))) return <Redirect to={nextPage(place.query)} />;
  return (
    <>
      <div className="page" inert={open && phone} data-chat={open}>
        <Header path={place.path} />
        <Main title={titleOf(place.path)}>{pageOf(user, place)}</Main>
      </div>
      {setup && setup.chat.ui !== "off" && <ChatDock user={user} config={setup} />}
    </>
  );
}

function pageOf(user: User, { path, query }: Place): ReactNode {
  if (match("/dashboard", path)) return <Dashboard user={user} now={new Date()} />;
  if (match("/settings", path)) return <Settings user={user} />;
  const task = match("/tasks/:id", path);
  if (task || match("/tasks", path)) return <Tasks query={query} open={task?.id} />;
  return <NotFound />;
}

function titleOf(path: string): string {
  if (match("/dashboard", path)) return "Dashboard";
  if (match("/settings", path)) return "Settings";
  if (match("/tasks", path) || match("/tasks/:id", path)) return "Tasks";
  return "Not found";
}

const PAGES = [
  { href: "/dashboard", name: "Dashboard" },
  { href: "/tasks", name: "Tasks" },
  { href: "/settings", name: "Settings" },
];

function Header({ path }: { path: string }) {
  return (
    <header className="header">
      <Link href="/dashboard" className="brand" aria-label="todochat home">
        <span className="brand-mark" aria-hidden="true" />
        <span className="brand-name">todochat</span>
      </Link>
      <nav aria-label="Pages">
        {PAGES.map(({ href, name }) => (
          <Link key={href} href={href} aria-current={path.startsWith(href) ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
    </header>
  );
}

/** A new page is announced by its title, and read from its top. */
function Main({ title, children }: { title: string; children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef("");
  usePageTitle(title);
  useEffect(() => {
    // The first page has the browser's own focus.
    if (shown.current) main.current?.focus({ preventScroll: true });
    shown.current = title;
  }, [title]);
  return (
    <main ref={main} tabIndex={-1} aria-label={title} className="main">
      {children}
    </main>
  );
}
