import { Icon } from "./Icon";

interface Props {
  icon: string;
  /** Accessible name, and what is shown when the pointer rests on the button. */
  label: string;
  onClick: () => void;
  pressed?: boolean;
  disabled?: boolean;
}

export function IconButton({ icon, label, onClick, pressed, disabled }: Props) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
