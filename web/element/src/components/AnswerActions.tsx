import { useState } from "preact/hooks";
import type { Entry } from "../conversation";
import type { Options } from "../options";
import type { Session } from "../session";
import { IconButton } from "./IconButton";

interface Props {
  turn: readonly Entry[];
  options: Options;
  session: Session;
}

type Verdict = "positive" | "negative";

const COPIED_MS = 1500;

/** Copy, rate and redo for one answer. */
export function AnswerActions({ turn, options, session }: Props) {
  const { strings } = options;
  const [copied, setCopied] = useState(false);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const question = turn.find((entry) => entry.item.type === "user_message");

  const copy = async () => {
    await navigator.clipboard.writeText(answerText(turn));
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  const judge = (kind: Verdict) => {
    setVerdict(kind);
    const ids = turn.filter((entry) => entry.item.type !== "user_message").map((entry) => entry.item.id);
    session.feedback(ids, kind).catch(() => setVerdict(null));
  };

  return (
    <div class="answer-actions">
      <IconButton icon={copied ? "check" : "copy"} label={copied ? strings.copied : strings.copy} onClick={() => void copy()} />
      {options.feedback && (
        <>
          <IconButton icon="thumbs-up" label={strings.goodAnswer} pressed={verdict === "positive"} onClick={() => judge("positive")} />
          <IconButton icon="thumbs-down" label={strings.badAnswer} pressed={verdict === "negative"} onClick={() => judge("negative")} />
        </>
      )}
      {options.retry && question && (
        <IconButton icon="reload" label={strings.tryAgain} onClick={() => void session.answerAgain(question.key)} />
      )}
    </div>
  );
}

function answerText(turn: readonly Entry[]): string {
  return turn
    .flatMap(({ item }) => (item.type === "assistant_message" ? item.content.map((part) => part.text) : []))
    .join("\n\n");
}
