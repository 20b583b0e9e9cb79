import type { ReactNode } from "react";

/** Line icons, 24 by 24, in the colour of the text beside them. They decorate: names are on what holds them. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      {children}
    </svg>
  );
}

export const ChatIcon = () => (
  <Icon>
    <path d="M12 3.5c5 0 8.5 3.2 8.5 7.5s-3.5 7.5-8.5 7.5c-1 0-2-.1-2.9-.4L4.5 20.5l1-4C4.2 15 3.5 13.1 3.5 11c0-4.3 3.5-7.5 8.5-7.5Z" />
    <path d="m8.5 11.3 2.3 2.2 4.4-4.5" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

export const EditIcon = () => (
  <Icon>
    <path d="M4 20h4L19 9a2.1 2.1 0 0 0-4-4L4 16v4Z" />
    <path d="m13.5 6.5 4 4" />
  </Icon>
);

export const DeleteIcon = () => (
  <Icon>
    <path d="M4 7h16M9.5 7V4.5h5V7M6 7l1 13h10l1-13M10 11v5.5M14 11v5.5" />
  </Icon>
);

export const AddIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
