import { safeAddress } from "../markdown/links";
import type { Annotation, Source } from "../protocol.gen";
import type { Strings } from "../strings";

/** What an answer says it rests on, each source once. */
export function Sources({ annotations, strings }: { annotations: readonly Annotation[]; strings: Strings }) {
  const sources = new Map(annotations.filter(({ source }) => source?.title).map(({ source }) => [addressOf(source) ?? source.title, source]));
  if (sources.size === 0) return null;
  return (
    <details class="sources">
      <summary>{`${strings.sources} (${sources.size})`}</summary>
      <ul>
        {[...sources].map(([key, source]) => {
          const address = addressOf(source);
          return (
            <li key={key}>
              {address ? (
                <a href={address} target="_blank" rel="noopener noreferrer nofollow">
                  {source.title}
                </a>
              ) : (
                source.title
              )}
            </li>
          );
        })}
      </ul>
    </details>
  );
}

function addressOf(source: Source): string | null {
  return source.type === "url" ? safeAddress(source.url) : null;
}
