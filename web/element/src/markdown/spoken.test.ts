import { expect, test } from "vitest";
import { spoken } from "./spoken";

test("an answer is spoken without its marks, and names keep their underscores", () => {
  const answer = "## Left\n\n**Two** tasks, see [the wiki](https://x.example):\n\n1. *Call* Ben\n- [x] use `add_task`\n\n| # | Task |\n|--:|------|\n| 7 | Fly |\n\n```js\nlet a = 1;\n```\n> ok";
  expect(spoken(answer)).toBe("Left\nTwo tasks, see the wiki:\nCall Ben\nuse add_task\n#, Task\n7, Fly\nlet a = 1;\nok");
});
