/** Storage may be full, forbidden or missing; nothing kept there is worth an error. */
export function keep(storage: "local" | "session", key: string, value: string | undefined): void {
  try {
    if (value === undefined) area(storage).removeItem(key);
    else area(storage).setItem(key, value);
  } catch {
    // The value is then forgotten with the page.
  }
}

export function kept(storage: "local" | "session", key: string): string | undefined {
  try {
    return area(storage).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function area(storage: "local" | "session"): Storage {
  return storage === "local" ? localStorage : sessionStorage;
}
