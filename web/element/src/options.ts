import type { ChatKitOptions, ComposerOption, HeaderOption, StartScreenPrompt, ThemeOption } from "@openai/chatkit";
import type { FileRules } from "./files";
import { stringsFor, type Strings } from "./strings";

/** The options of a page with every default filled in; nothing after this asks whether an option was given. */
export interface Options {
  url: string;
  fetch: typeof fetch;
  locale: string;
  strings: Strings;
  theme: ThemeOption;
  /** Accessible name of the whole panel. */
  frameTitle: string;
  initialThread: string | null;
  onClientTool: ChatKitOptions["onClientTool"];
  header: {
    enabled: boolean;
    titled: boolean;
    title: string | null;
    left: HeaderOption["leftAction"];
    right: HeaderOption["rightAction"];
  };
  history: { enabled: boolean; removable: boolean; renamable: boolean };
  greeting: string;
  prompts: readonly StartScreenPrompt[];
  feedback: boolean;
  retry: boolean;
  placeholder: string;
  tools: NonNullable<ComposerOption["tools"]>;
  models: NonNullable<ComposerOption["models"]>;
  /** Null where no files may be added. */
  files: FileRules | null;
  disclaimer: { text: string; highContrast: boolean } | null;
  autoScroll: boolean;
}

/** @throws TypeError if there is no `api.url`: without it there is nothing to talk to */
export function parseOptions(given: ChatKitOptions): Options {
  if (typeof given !== "object" || given === null) throw new TypeError("openai-chatkit: setOptions needs an object");
  warnOfUnknown(given);
  const { api, header, history, composer, startScreen } = given;
  if (api && "getClientSecret" in api) {
    throw new TypeError("openai-chatkit: getClientSecret belongs to the hosted service; this panel needs api.url");
  }
  if (typeof api?.url !== "string") throw new TypeError("openai-chatkit: api.url is missing");
  const locale = localeOf(given.locale);
  const strings = stringsFor(locale);
  return {
    url: api.url,
    fetch: api.fetch ?? ((url, init) => fetch(url, init)),
    locale,
    strings,
    theme: typeof given.theme === "string" ? { colorScheme: given.theme } : (given.theme ?? {}),
    frameTitle: given.frameTitle ?? strings.chat,
    initialThread: given.initialThread ?? null,
    onClientTool: given.onClientTool,
    header: {
      enabled: header?.enabled ?? true,
      titled: header?.title?.enabled ?? true,
      title: header?.title?.text ?? null,
      left: header?.leftAction,
      right: header?.rightAction,
    },
    history: {
      enabled: history?.enabled ?? true,
      removable: history?.showDelete ?? true,
      renamable: history?.showRename ?? true,
    },
    greeting: startScreen?.greeting ?? strings.greeting,
    prompts: startScreen?.prompts ?? [],
    feedback: given.threadItemActions?.feedback ?? false,
    retry: given.threadItemActions?.retry ?? false,
    placeholder: composer?.placeholder ?? strings.placeholder,
    tools: composer?.tools ?? [],
    models: composer?.models ?? [],
    files: fileRules(composer?.attachments, api.uploadStrategy),
    disclaimer: given.disclaimer ? { highContrast: false, ...given.disclaimer } : null,
    autoScroll: given.thread?.autoScroll ?? false,
  };
}

function fileRules(attachments: ComposerOption["attachments"], strategy: FileRules["strategy"] | undefined): FileRules | null {
  if (!attachments?.enabled) return null;
  if (!strategy) {
    console.warn("openai-chatkit: composer.attachments needs api.uploadStrategy; no files can be added");
    return null;
  }
  const { maxSize, maxCount, accept } = attachments;
  return { strategy, maxSize: maxSize ?? {}, maxCount: maxCount ?? 10, accept: accept ?? null };
}

/** Options of the official types, version 1.9.0. A newer page may set more; that must not stop it. */
const KNOWN: Record<string, readonly string[]> = {
  "": [
    ..."api locale theme frameTitle initialThread onClientTool header history startScreen threadItemActions".split(" "),
    ..."composer disclaimer entities commands widgets thread".split(" "),
  ],
  api: ["url", "domainKey", "fetch", "uploadStrategy", "getClientSecret"],
  header: ["enabled", "title", "leftAction", "rightAction"],
  history: ["enabled", "showDelete", "showRename"],
  startScreen: ["greeting", "prompts"],
  threadItemActions: ["feedback", "retry"],
  composer: ["placeholder", "attachments", "tools", "models", "dictation"],
  disclaimer: ["text", "highContrast"],
  thread: ["autoScroll"],
};

const warned = new Set<string>();

function warnOfUnknown(given: object): void {
  for (const [path, known] of Object.entries(KNOWN)) {
    const group: unknown = path === "" ? given : Object.entries(given).find(([key]) => key === path)?.[1];
    if (typeof group !== "object" || group === null) continue;
    for (const key of Object.keys(group)) {
      const name = path ? `${path}.${key}` : key;
      if (known.includes(key) || warned.has(name)) continue;
      warned.add(name);
      console.warn(`openai-chatkit: option ${name} is not known and is ignored`);
    }
  }
}

/** A locale that Intl takes; the page's language if the one given is not well formed. */
function localeOf(given: string | undefined): string {
  for (const tag of [given, globalThis.navigator?.language]) {
    try {
      if (tag && Intl.getCanonicalLocales(tag).length > 0) return tag;
    } catch {
      console.warn(`openai-chatkit: locale ${tag} is not a language tag and is ignored`);
    }
  }
  return "en";
}
