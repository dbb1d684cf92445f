import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { scanImports } from '../../actions/_shared/supabase/scan-imports.ts';
import { type DenoProgram, findDeno } from '../../local/supabase/functions/deno-program.ts';
import { root } from './action-metadata.ts';

/** What `deno info --json` says of a module's imports. */
const Info = z.object({
  modules: z.array(
    z.object({
      specifier: z.string(),
      error: z.string().optional(),
      dependencies: z.array(z.object({ specifier: z.string() })).default([]),
    }),
  ),
});

const scratch = mkdtempSync(join(tmpdir(), 'opsroom-imports-'));
const deno = denoOrNull();

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function denoOrNull(): DenoProgram | null {
  try {
    return findDeno();
  } catch {
    return null;
  }
}

/** What the parser inside Deno finds. Files are copied flat, so nothing they import is there: only the words count. */
function judged(files: readonly string[]): Map<string, string[]> {
  const names = files.map((file, index) => {
    const name = `m${index}${/\.\w+$/.exec(file)?.[0] ?? '.ts'}`;
    writeFileSync(join(scratch, name), readFileSync(join(root, file)));
    return name;
  });
  writeFileSync(join(scratch, 'all.ts'), names.map((name) => `import './${name}';`).join('\n'));
  const answer = execFileSync(
    deno?.path ?? '',
    ['info', '--json', '--no-config', '--no-remote', '--no-npm', 'all.ts'],
    {
      cwd: scratch,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: {
        DENO_DIR: join(scratch, '.deno'),
        DENO_NO_UPDATE_CHECK: '1',
        DENO_NO_PACKAGE_JSON: '1',
        NO_COLOR: '1',
      },
    },
  );
  const { modules } = Info.parse(JSON.parse(answer));
  return new Map(
    modules.map((module) => [
      module.specifier.split('/').at(-1) ?? '',
      [...new Set(module.dependencies.map(({ specifier }) => specifier))].sort(),
    ]),
  );
}

describe.skipIf(deno === null)('our search for imports', () => {
  it("finds in every file of this repository what Deno's parser finds", () => {
    const files = globSync(
      ['actions/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
      {
        cwd: root,
        exclude: ['**/node_modules/**', 'actions/dist/**'],
      },
    );
    const theirs = judged(files);
    expect(files.length).toBeGreaterThan(200);
    expect([...theirs.values()].flat().length).toBeGreaterThan(1_000);

    const differing = files.flatMap((file, index) => {
      const source = readFileSync(join(root, file), 'utf8');
      const ours = scanImports(source, file).flatMap(({ specifier }) =>
        specifier === null ? [] : [specifier],
      );
      const found = [...new Set(ours)].sort();
      const expected = theirs.get(`m${index}.ts`) ?? [];
      return JSON.stringify(found) === JSON.stringify(expected) ? [] : [{ file, found, expected }];
    });

    expect(differing).toEqual([]);
  });
});
