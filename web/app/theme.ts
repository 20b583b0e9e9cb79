import { keep, kept } from "./browser-storage";
import { Store } from "./store";

/** Light or dark: as the system says, unless the person chose. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "todochat.theme";
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

export const theme = new Store<Theme>(THEMES.find((known) => known === kept("local", KEY)) ?? "system");
export const resolvedTheme = new Store<"light" | "dark">("light");

export function chooseTheme(chosen: Theme): void {
  keep("local", KEY, chosen === "system" ? undefined : chosen);
  theme.set(chosen);
}

function resolve(): void {
  const chosen = theme.get();
  const system = darkSystem.matches ? "dark" : "light";
  resolvedTheme.set(chosen === "system" ? system : chosen);
  // The sheet follows the system by itself where nothing is said.
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

theme.subscribe(resolve);
darkSystem.addEventListener("change", resolve);
resolve();
