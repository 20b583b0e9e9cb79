// The three ways a chat can be answered: the offline command mode, and a model over each API.
import { test as base } from "@playwright/test";

import { startModel } from "./model.js";
import { Person } from "./person.js";
import { startTodochat, type Todochat } from "./todochat.js";

export interface Options {
  world: "offline" | "chat" | "responses";
}

export const test = base.extend<{ person: Person }, Options & { todochat: Todochat }>({
  world: ["offline", { option: true, scope: "worker" }],
  todochat: [
    async ({ world }, use) => {
      const model = world === "offline" ? undefined : await startModel();
      const todochat = await startTodochat(
        model ? { TODOCHAT_MODEL_BASE_URL: model.base, TODOCHAT_MODEL_API: world } : {},
      );
      await use(todochat);
      await todochat.stop();
      await model?.stop();
    },
    { scope: "worker" },
  ],
  person: async ({ page, todochat }, use) => {
    await use(new Person(page, todochat.url));
  },
});

export { expect } from "@playwright/test";
