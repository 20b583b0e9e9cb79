import type { AttachedFile } from "../files";
import type { Session } from "../session";
import type { Strings } from "../strings";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

interface Props {
  files: readonly AttachedFile[];
  strings: Strings;
  session: Session;
}

/** The files of the message that is being written. */
export function AttachedFiles({ files, strings, session }: Props) {
  if (files.length === 0) return null;
  return (
    <ul class="files" aria-label={strings.file.added}>
      {files.map((file) => (
        <li key={file.key} class={`file ${file.status}`} aria-busy={file.status === "uploading"}>
          <Icon name={iconOf(file)} />
          <span class="file-name">{file.name}</span>
          {file.status === "uploading" && (
            <span class="file-state" role="status">
              {strings.file.uploading}
            </span>
          )}
          {file.status === "failed" && (
            <span class="file-state" role="alert">
              {file.text}
            </span>
          )}
          <IconButton icon="close" label={strings.file.remove(file.name)} onClick={() => session.files.remove(file.key)} />
        </li>
      ))}
    </ul>
  );
}

function iconOf(file: AttachedFile): string {
  if (file.status === "failed") return "warning";
  return file.status === "ready" && file.attachment.type === "image" ? "square-image" : "document";
}
