import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Real processes and real files: two cores are shared by all of them.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
