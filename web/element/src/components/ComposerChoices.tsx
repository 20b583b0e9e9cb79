import { useState } from "preact/hooks";
import type { Options } from "../options";
import type { Session } from "../session";
import type { Composer } from "../state";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

interface Props {
  composer: Composer;
  options: Options;
  session: Session;
}

/** The tool and the model that the next message asks for. */
export function ComposerChoices({ composer, options, session }: Props) {
  const { tools, models, strings } = options;
  const [open, setOpen] = useState(false);
  const pick = (id: string) => {
    session.compose({ toolId: composer.toolId === id ? null : id });
    setOpen(false);
  };
  const chosen = tools.find(({ id, pinned }) => id === composer.toolId && !pinned);
  const unpinned = tools.filter(({ pinned }) => !pinned);
  const close = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    // Closes this menu and not the panel around it.
    event.preventDefault();
    event.stopPropagation();
    setOpen(false);
  };

  return (
    <div class="choices" onKeyDown={close}>
      {unpinned.length > 0 && (
        <button type="button" class="icon-button" aria-label={strings.tools} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="plus" />
        </button>
      )}
      {open && (
        <ul class="menu">
          {unpinned.map(({ id, label, icon }) => (
            <li key={id}>
              <button type="button" aria-pressed={composer.toolId === id} onClick={() => pick(id)}>
                <Icon name={icon} />
                {label}
              </button>
            </li>
          ))}
        </ul>
      )}
      {tools
        .filter(({ pinned }) => pinned)
        .map(({ id, label, shortLabel, icon }) => (
          <button key={id} type="button" class="choice" aria-pressed={composer.toolId === id} title={label} onClick={() => pick(id)}>
            <Icon name={icon} />
            {shortLabel ?? label}
          </button>
        ))}
      {chosen && (
        <span class="choice chosen">
          <Icon name={chosen.icon} />
          {chosen.shortLabel ?? chosen.label}
          <IconButton icon="close" label={strings.removeTool(chosen.label)} onClick={() => session.compose({ toolId: null })} />
        </span>
      )}
      {models.length > 0 && (
        <select
          class="choice"
          aria-label={strings.model}
          value={composer.modelId ?? ""}
          onChange={(event) => session.compose({ modelId: event.currentTarget.value || null })}
        >
          {!models.some((model) => model.default) && <option value="">{strings.model}</option>}
          {models.map(({ id, label, description, disabled }) => (
            <option key={id} value={id} disabled={disabled} title={description}>
              {label}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
