import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPush } from '../../../actions/dispatch-builds/read-push.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-push-'));
afterAll(() => rmSync(folder, { recursive: true }));
const context = { event: 'push', branch: 'main', sha: 'a'.repeat(40), owner: 'Acme', repo: 'shop' };
function payload(value: unknown): string {
  const file = path.join(folder, 'event.json');
  writeFileSync(file, JSON.stringify(value));
  return file;
}
const commit = { message: 'Sell more\n\nand cheaper', author: { name: 'Alice' } };

describe('a push', () => {
  it('of a branch is known by repository, commit and branch', () => {
    expect(readPush(context, payload({ deleted: false, head_commit: commit }))).toEqual({
      branch: 'main',
      sha: context.sha,
      message: 'Sell more',
      author: 'Alice',
      key: `push:acme/shop:${context.sha}:main`,
    });
  });

  it('without a commit of its own is one all the same', () => {
    expect(readPush(context, payload({ head_commit: null }))).toMatchObject({ message: undefined });
  });

  it.each([
    ['of a tag', { ...context, branch: null }, { deleted: false, head_commit: commit }],
    ['that deletes the branch', context, { deleted: true, head_commit: null }],
    ['that is a schedule', { ...context, event: 'schedule' }, {}],
  ])('%s is none', (_, of, event) => {
    expect(readPush(of, payload(event))).toBeNull();
  });
});
