import { defineConfig } from "vitest/config";

/** The element is Preact, the app is React written TSX; each part says in its own tsconfig.json how JSX compiles. */
export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["element/src/**/*.test.{ts,tsx}", "app/**/*.test.{ts,tsx}"],
  },
});
