import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'opsroom-start-up-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

for (const folder of ['runbooks', 'functions', 'migrations'])
  cpSync(path.join(ROOT, folder), path.join(scratch, folder), { recursive: true });

/** Addresses of the modules a process loads. */
function loadedBy(args: readonly string[]): string[] {
  const hook = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({
      load(url, context, next) {
        seen.add(url);
        return next(url, context);
      },
    });
    process.on('exit', () => process.stdout.write(JSON.stringify([...seen].sort()) + '\\n'));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, ...args],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]');
}

/** Packages a process loads that does this. */
function packagesOf(code: string): string[] {
  const names = loadedBy(['--input-type=module', '-e', code]).flatMap(
    (url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [],
  );
  return [...new Set(names)];
}

// Each of zod, yaml and the SQL parser takes longer to load than all our files take to read.
it('reading this repository for the first time needs none of the large parsers', () => {
  const packages = packagesOf(`
    const { loadDeclarations } = await import('./actions/_shared/declare/load.ts');
    const { diagnostics } = await loadDeclarations({ root: ${JSON.stringify(scratch)} });
    if (diagnostics.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(diagnostics));`);
  expect(packages).toEqual(['fastest-levenshtein']);
});

it('the command line knows its commands without loading what they need', () => {
  const packages = packagesOf(`
    const { runCli } = await import('./actions/cli.ts');
    await runCli(['validate', '--help']);`);
  expect(packages).toEqual(['commander']);
});

// Measured: a kilobyte of our own is a tenth of a millisecond, `node:crypto` four, `node:child_process` one.
it('the bundle checks this repository with 300 kB of itself and few modules of Node', () => {
  const loaded = loadedBy(['actions/opsroom.js', 'validate', '--root', scratch]);
  const [own, others] = [
    loaded.filter((url) => url.startsWith('file:')),
    loaded.filter((url) => !url.startsWith('file:')),
  ];
  expect(others.filter((url) => !url.startsWith('data:'))).toEqual(
    ['crypto', 'events', 'fs', 'module', 'path', 'process', 'util'].map((name) => `node:${name}`),
  );
  const bytes = own.reduce((sum, url) => sum + statSync(fileURLToPath(url)).size, 0);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(300_000);
  expect(own.length).toBeLessThanOrEqual(11);
});
