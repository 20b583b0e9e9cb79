import type { Context } from "./context";
import { asError, HttpError } from "./failure";
import type { Options } from "./options";
import type { Attachment } from "./protocol.gen";
import type { Strings } from "./strings";

/** Which files people may add to a message, and how they are sent. */
export interface FileRules {
  strategy: { type: "two_phase" } | { type: "direct"; uploadUrl: string };
  /** In bytes; one for all, or by media type with `*` for the rest. */
  maxSize: number | Record<string, number>;
  maxCount: number;
  /** Media types with their endings; null takes all. */
  accept: Record<string, readonly string[]> | null;
}

/** A file in the composer. */
export type AttachedFile = { key: string; name: string } & (
  | { status: "uploading" }
  | { status: "ready"; attachment: Attachment }
  | { status: "failed"; text: string }
);

/** A file could not be added to a message. */
export class FileAttachmentError extends Error {
  override name = "FileAttachmentError";

  constructor(
    message: string,
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const DEFAULT_SIZE = 100 * 1024 * 1024;
/** What browsers call a file whose type they do not know. */
const ANYTHING = "application/octet-stream";

/** The files of the message that is being written: each is sent as soon as it is added. */
export class Files {
  readonly #running = new Map<string, AbortController>();
  #count = 0;

  constructor(private readonly context: Context) {}

  /** Takes files that were picked, dropped or pasted; those that break a rule are shown with the reason. */
  add(files: readonly File[]): void {
    const { files: rules, strings } = this.context.options;
    if (!rules) return;
    for (const file of files) {
      this.#count += 1;
      const key = `file-${this.#count}`;
      const refusal = this.#full(rules, strings) ?? refused(file, rules, this.context.options);
      if (refusal !== null) {
        this.#put({ key, name: file.name, status: "failed", text: refusal });
        continue;
      }
      this.#put({ key, name: file.name, status: "uploading" });
      void this.#upload(key, file, rules);
    }
  }

  /** Takes files that the page has uploaded itself. */
  adopt(attachments: readonly Attachment[]): void {
    for (const attachment of attachments) this.#put({ key: attachment.id, name: attachment.name, status: "ready", attachment });
  }

  /** Leaves a file out. One that was sent is deleted, for nobody else would. */
  remove(key: string): void {
    this.#running.get(key)?.abort();
    const file = this.#all.find((candidate) => candidate.key === key);
    this.#set(this.#all.filter((candidate) => candidate.key !== key));
    if (file?.status === "ready") void this.#delete(file.attachment.id);
  }

  /** Lets go of the network. */
  close(): void {
    for (const upload of this.#running.values()) upload.abort();
  }

  get #all(): readonly AttachedFile[] {
    return this.context.store.state.composer.files;
  }

  #set(files: readonly AttachedFile[]): void {
    const { store } = this.context;
    store.set({ composer: { ...store.state.composer, files } });
  }

  /** Adds a file, or changes the one that is there. */
  #put(file: AttachedFile): void {
    const there = this.#all.some(({ key }) => key === file.key);
    this.#set(there ? this.#all.map((old) => (old.key === file.key ? file : old)) : [...this.#all, file]);
  }

  #full({ maxCount }: FileRules, strings: Strings): string | null {
    return this.#all.filter(({ status }) => status !== "failed").length < maxCount ? null : strings.file.tooMany(maxCount);
  }

  async #upload(key: string, file: File, rules: FileRules): Promise<void> {
    const controller = new AbortController();
    this.#running.set(key, controller);
    const { name } = file;
    try {
      const attachment = await this.#send(file, rules, controller.signal);
      if (controller.signal.aborted) return void this.#delete(attachment.id);
      this.#put({ key, name, status: "ready", attachment });
    } catch (cause) {
      if (controller.signal.aborted) return;
      const status = cause instanceof HttpError ? cause.status : 0;
      this.#put({ key, name, status: "failed", text: failed(status, this.context.options.strings) });
      this.context.emit("error", { error: new FileAttachmentError(asError(cause).message, status, { cause }) });
    } finally {
      this.#running.delete(key);
    }
  }

  async #send(file: File, rules: FileRules, signal: AbortSignal): Promise<Attachment> {
    const { api } = this.context;
    if (rules.strategy.type === "direct") return api.uploadDirectly(rules.strategy.uploadUrl, file, signal);
    const params = { name: file.name, size: file.size, mime_type: file.type || ANYTHING };
    const { upload_descriptor, ...attachment } = await api.plain("attachments.create", params, signal);
    if (upload_descriptor) await api.upload(upload_descriptor, file, signal);
    return attachment;
  }

  async #delete(id: string): Promise<void> {
    try {
      await this.context.api.plain("attachments.delete", { attachment_id: id });
    } catch {
      // The person has left it out already; the server sweeps what no message has.
    }
  }
}

/** The files that go with the message, or null while one is still being sent. */
export function readyFiles(files: readonly AttachedFile[]): Attachment[] | null {
  if (files.some(({ status }) => status === "uploading")) return null;
  return files.flatMap((file) => (file.status === "ready" ? [file.attachment] : []));
}

/** Why a file breaks a rule; null if it does not. */
export function refused(file: Pick<File, "name" | "size" | "type">, rules: FileRules, { strings, locale }: Pick<Options, "strings" | "locale">): string | null {
  if (file.size === 0) return strings.file.empty;
  if (!accepts(file, rules.accept)) return strings.file.notAccepted;
  const most = limit(file.type, rules.maxSize);
  return file.size <= most ? null : strings.file.tooLarge(megabytes(most, locale));
}

/** What the dialog for files offers. */
export function acceptAttribute(accept: FileRules["accept"]): string | undefined {
  return accept ? Object.entries(accept).flat(2).join(",") : undefined;
}

function accepts(file: Pick<File, "name" | "type">, accept: FileRules["accept"]): boolean {
  if (!accept) return true;
  const name = file.name.toLowerCase();
  return Object.entries(accept).some(
    ([pattern, endings]) => matches(file.type, pattern) || endings.some((ending) => name.endsWith(ending.toLowerCase())),
  );
}

function limit(type: string, maxSize: FileRules["maxSize"]): number {
  if (typeof maxSize === "number") return maxSize;
  const patterns = Object.keys(maxSize).filter((pattern) => pattern !== "*" && pattern !== "");
  const found = patterns.find((pattern) => matches(type, pattern));
  return (found === undefined ? (maxSize["*"] ?? maxSize[""]) : maxSize[found]) ?? DEFAULT_SIZE;
}

/** `image/*` is every image. */
function matches(type: string, pattern: string): boolean {
  return pattern === "*/*" || type === pattern || (pattern.endsWith("/*") && type.startsWith(pattern.slice(0, -1)));
}

function megabytes(bytes: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
  return format.format(bytes / 1_000_000);
}

function failed(status: number, { file: words, problem }: Strings): string {
  if (status === 413) return words.noRoom;
  if (status === 400 || status === 415) return words.notAccepted;
  if (status === 401) return problem.signedOut;
  return words.failed;
}
