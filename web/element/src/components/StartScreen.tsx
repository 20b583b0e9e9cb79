import type { Options } from "../options";
import type { Session } from "../session";
import { Icon } from "./Icon";

/** An empty chat: a greeting and a few things to begin with. */
export function StartScreen({ options, session }: { options: Options; session: Session }) {
  const start = ({ prompt }: Options["prompts"][number]) => {
    session.context.log("startScreenPrompt.select");
    const draft = typeof prompt === "string" ? { text: prompt } : { content: prompt };
    session.send(draft).catch(() => {
      // Busy: the prompts are about to go away.
    });
  };
  return (
    <div class="start" part="start-screen">
      <h2>{options.greeting}</h2>
      <ul class="prompts">
        {options.prompts.map((prompt) => (
          <li key={prompt.label}>
            <button type="button" class="prompt" onClick={() => start(prompt)}>
              <Icon name={prompt.icon ?? "sparkle"} />
              <span>{prompt.label}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
