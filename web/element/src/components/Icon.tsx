import { outlines } from "../icons";

/** A picture beside words that say the same; hidden from people who listen. Unknown names draw a dot. */
export function Icon({ name }: { name: string }) {
  const outline = outlines.get(name.replace(/^lucide:/, "")) ?? outlines.get("dot") ?? "";
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={outline} />
    </svg>
  );
}
