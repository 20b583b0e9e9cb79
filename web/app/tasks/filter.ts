import type { Summary, Task } from "../api/answers";

export interface Filter {
  name: string;
  href: string;
  takes: (task: Task) => boolean;
  count: (summary: Summary) => number;
}

const ALL: Filter = { name: "All", href: "/tasks", takes: () => true, count: ({ total }) => total };

export const FILTERS: readonly Filter[] = [
  ALL,
  { name: "Open", href: "/tasks?status=open", takes: ({ completed }) => !completed, count: ({ open }) => open },
  {
    name: "Completed",
    href: "/tasks?status=completed",
    takes: ({ completed }) => completed,
    count: ({ completed }) => completed,
  },
];

/** The filter that the address names. */
export function filterOf(query: URLSearchParams): Filter {
  const status = query.get("status");
  return FILTERS.find(({ href }) => href.endsWith(`status=${status}`)) ?? ALL;
}
