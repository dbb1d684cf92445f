import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBundle } from '../../local/build.ts';
import { root } from './action-metadata.ts';

const committed = path.join(root, 'actions', 'dist');
let scratch: string;
let rebuilt: string;

beforeAll(() => {
  mkdirSync(path.join(root, 'build'), { recursive: true });
  scratch = mkdtempSync(path.join(root, 'build', 'dist-'));
  rebuilt = path.join(scratch, 'dist');
  buildBundle(rebuilt);
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function contents(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(path.join(folder, name), 'latin1')]),
  );
}

describe('actions/dist', () => {
  it('is what the sources say: run `npm run build` and commit the result when this fails', () => {
    const expected = contents(rebuilt);
    const found = contents(committed);

    expect([...found.keys()]).toEqual([...expected.keys()]);
    expect([...expected].filter(([name, text]) => found.get(name) !== text).map(([name]) => name)).toEqual(
      [],
    );
  });

  it('names no folder of the machine it was built on', () => {
    const telling = [...contents(rebuilt)].filter(
      ([, text]) => text.includes(root) || text.includes(scratch),
    );

    expect(telling.map(([name]) => name)).toEqual([]);
  });

  it('knows itself by a digest, so that nothing kept by another bundle is believed', () => {
    const texts = [...contents(rebuilt).values()];
    expect(texts.filter((text) => text.includes('%digest of the bundle%'))).toEqual([]);
    expect(texts.flatMap((text) => text.match(/BUNDLE\s*=\s*"[\w-]{43}"/g) ?? [])).toHaveLength(1);
  });

  it('starts from a small file and leaves the heavy parts in chunks', () => {
    expect(contents(rebuilt).get('index.js')?.length).toBeLessThan(60_000);
  });

  it('carries the licenses of what it bundles', () => {
    const licenses = contents(rebuilt).get('licenses.txt') ?? '';
    for (const name of ['zod', 'yaml', 'postgres', '@actions/core']) expect(licenses).toContain(`${name}\n`);
  });
});
