import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Database tests share one server. Many of them wait for clocks and other processes, so a small machine with two cores carries three.
    maxWorkers: 3,
    globalSetup: ['test/support/global-setup.ts'],
  },
});
