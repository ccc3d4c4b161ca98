// Tests: one process, shared modules (nothing here has state at module level), and no stray output.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// biome-ignore lint/style/noDefaultExport: vitest wants it
export default defineConfig({
  resolve: { alias: { bivy: fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "threads",
    isolate: false,
    reporters: ["./test/support/reporter.ts"],
    globalSetup: ["./test/support/debian.ts"],
    setupFiles: ["./test/support/no-console.ts"],
    testTimeout: 20_000,
  },
});
