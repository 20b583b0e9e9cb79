import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { Store, useStore } from "./store";

/** Where the browser is: the part of the address that pages are chosen by. */
export interface Place {
  path: string;
  query: URLSearchParams;
}

const place = new Store(here());

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

addEventListener("popstate", () => place.set(here()));

export function usePlace(): Place {
  return useStore(place);
}

export function navigate(to: string, { replace = false } = {}): void {
  const before = location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  place.set(here());
  if (section(before) !== section(location.pathname)) scrollTo(0, 0);
}

/** A sheet lies over its list, so the two are one place to scroll in. */
function section(path: string): string | undefined {
  return path.split("/")[1];
}

/** A link that changes the page without loading it anew, unless the person asks for a tab of its own. */
export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}

/** What stands in a path for the `:names` of a pattern, or undefined when it is another path. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return undefined;
  const names: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":") && value !== "") names[part.slice(1)] = decode(value);
    else if (part !== value) return undefined;
  }
  return names;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The page to go to after logging in. It comes from the address, so it may only be a page of ours. */
export function nextPage(query: URLSearchParams): string {
  const next = query.get("next") ?? "";
  // A browser reads both "//host" and "/\host" as another host.
  return /^\/(?![/\\])/.test(next) && !match("/login", next) ? next : "/dashboard";
}
