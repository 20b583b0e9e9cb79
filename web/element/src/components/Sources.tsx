import { safeAddress } from "../markdown/links";
import type { Annotation } from "../protocol";
import type { Strings } from "../strings";

/** What an answer says it rests on, each source once. */
export function Sources({ annotations, strings }: { annotations: readonly Annotation[]; strings: Strings }) {
  const sources = new Map(annotations.filter(({ source }) => source?.title).map(({ source }) => [source.url ?? source.title, source]));
  if (sources.size === 0) return null;
  return (
    <details class="sources">
      <summary>{`${strings.sources} (${sources.size})`}</summary>
      <ul>
        {[...sources].map(([key, { title, url }]) => {
          const address = url ? safeAddress(url) : null;
          return (
            <li key={key}>
              {address ? (
                <a href={address} target="_blank" rel="noopener noreferrer nofollow">
                  {title}
                </a>
              ) : (
                title
              )}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
