import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const module = path.resolve(import.meta.dirname, '../../../actions/_shared/io/keep-compiled.ts');

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'opsroom-compiled-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A process that keeps its code in a folder, and loads something. */
function start(folder: string): { readonly status: number | null; readonly stderr: string } {
  writeFileSync(path.join(root, 'loaded.mjs'), 'export const loaded = 1;\n');
  const code = `
    const { keepCompiled } = await import(${JSON.stringify(module)});
    keepCompiled(${JSON.stringify(folder)});
    await import(${JSON.stringify(path.join(root, 'loaded.mjs'))});`;
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env });
}

it('puts compiled code into the folder from the second start on', () => {
  const folder = path.join(root, 'kept', 'compiled');
  const files = () => globSync('**/*', { cwd: folder, withFileTypes: true }).filter((each) => each.isFile());

  expect(start(folder)).toMatchObject({ status: 0, stderr: '' });
  expect(files()).toEqual([]);
  expect(start(folder)).toMatchObject({ status: 0, stderr: '' });
  expect(files().length).toBeGreaterThan(0);
});

it('does without a folder that cannot be made', () => {
  expect(start(path.join(root, 'loaded.mjs', 'compiled'))).toMatchObject({ status: 0, stderr: '' });
});
