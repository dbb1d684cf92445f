import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listFolderFunctions } from '../../../local/supabase/functions/function-source.ts';
import { deno, denoFolder } from '../../support/supabase/functions-host.ts';
import { functionsFolder } from './served-project.ts';

const ImportMap = z.object({ imports: z.record(z.string(), z.string()) });
const importsOf = (file: string) =>
  ImportMap.parse(JSON.parse(readFileSync(join(functionsFolder, file), 'utf8'))).imports;
const slugs = listFolderFunctions(functionsFolder);

/** What Deno's own type checker says; the packages' types count too. */
function check(files: readonly string[]): string {
  try {
    execFileSync(
      deno?.path ?? '',
      ['check', '--quiet', '--no-lock', '--node-modules-dir=none', '--config=deno.json', ...files],
      {
        cwd: functionsFolder,
        encoding: 'utf8',
        env: {
          ...process.env,
          DENO_DIR: denoFolder,
          DENO_NO_UPDATE_CHECK: '1',
          DENO_NO_PACKAGE_JSON: '1',
          NO_COLOR: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return '';
  } catch (error) {
    return z.object({ stderr: z.string() }).parse(error).stderr;
  }
}

describe.skipIf(deno === null)('the functions as Deno reads them', () => {
  it('have no errors of types', { timeout: 120_000 }, () => {
    expect(slugs).toHaveLength(11);
    expect(check(slugs.map((slug) => `${slug}/index.ts`))).toBe('');
  });

  it.each(slugs)('%s pins its packages to the versions all functions share', (slug) => {
    const shared = importsOf('deno.json');
    for (const [name, pinned] of Object.entries(importsOf(`${slug}/deno.json`)))
      expect([name, pinned]).toEqual([name, shared[name]]);
  });
});
