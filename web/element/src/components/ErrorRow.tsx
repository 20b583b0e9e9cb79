import type { Session } from "../session";
import type { Failure } from "../state";
import type { Strings } from "../strings";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

/** What failed, in words, and the way to try again if that can help. */
export function ErrorRow({ failure, session, strings }: { failure: Failure; session: Session; strings: Strings }) {
  return (
    <div class="error" role="alert" part="error">
      <Icon name="warning" />
      <p>{failure.text}</p>
      {failure.again ? (
        <button type="button" class="button" onClick={() => void session.retry()}>
          {strings.retry}
        </button>
      ) : (
        <IconButton icon="close" label={strings.dismiss} onClick={() => session.dismissFailure()} />
      )}
    </div>
  );
}
