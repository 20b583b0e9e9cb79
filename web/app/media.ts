import { Store, useStore } from "./store";

/** Below this width the chat takes the whole screen. The sheet knows the same number. */
const query = matchMedia("(max-width: 767px)");
const phone = new Store(query.matches);
query.addEventListener("change", () => phone.set(query.matches));

export function usePhone(): boolean {
  return useStore(phone);
}
