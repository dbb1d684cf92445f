import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { root } from './action-metadata.ts';

const Pins = z.record(z.string(), z.string()).default({});
const Package = z.object({ dependencies: Pins, devDependencies: Pins, optionalDependencies: Pins });
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(path.join(root, name), 'utf8'));
}

describe('dependencies', () => {
  const manifest = Package.parse(readJson('package.json'));
  const pins = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const lock = Lock.parse(readJson('package-lock.json'));

  it.each(Object.entries(pins))('%s is pinned to an exact version', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/);
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
  });

  it('are locked with an integrity each', () => {
    const loose = Object.entries(lock.packages).filter(
      ([name, entry]) => name !== '' && entry.link !== true && entry.integrity === undefined,
    );

    expect(loose.map(([name]) => name)).toEqual([]);
  });
});
