import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Database tests share one server; two workers are what a small machine carries.
    maxWorkers: 2,
    globalSetup: ['test/support/global-setup.ts'],
  },
});
