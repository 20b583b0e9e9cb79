import { defineConfig } from "@playwright/test";

import type { Options } from "./src/worlds.js";

const chromium = process.env.TODOCHAT_TEST_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig<object, Options>({
  testDir: "specs",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/results.json" }]],
  // Everything in offline mode; what is said and done, against a model over each API as well.
  projects: [
    { name: "offline", use: { world: "offline" } },
    { name: "chat", use: { world: "chat" }, testMatch: "sentences.spec.ts" },
    { name: "responses", use: { world: "responses" }, testMatch: "sentences.spec.ts" },
  ],
  use: {
    browserName: "chromium",
    headless: true,
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    trace: "off",
  },
});
