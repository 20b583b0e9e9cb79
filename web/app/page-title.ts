import { useEffect } from "react";

/** Names the page in the tab, which is also how a change of page is announced. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · todochat`;
  }, [title]);
}
