import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'opsroom-start-up-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Packages a process loads that does this. */
function packagesOf(code: string): string[] {
  const hook = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({
      load(url, context, next) {
        const [, name] = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
        if (name !== undefined) seen.add(name);
        return next(url, context);
      },
    });
    process.on('exit', () => process.stdout.write(JSON.stringify([...seen].sort()) + '\\n'));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, '--input-type=module', '-e', code],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]');
}

// Each of zod, yaml and the SQL parser takes longer to load than all our files take to read.
it('reading this repository for the first time needs none of the large parsers', () => {
  for (const folder of ['runbooks', 'functions', 'migrations'])
    cpSync(path.join(ROOT, folder), path.join(scratch, folder), { recursive: true });
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
