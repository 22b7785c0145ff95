import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Real processes and real files: two cores are shared by all of them.
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
