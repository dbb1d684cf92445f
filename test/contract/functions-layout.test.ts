import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './action-metadata.ts';

const folder = path.join(root, 'functions');
const slugs = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
  .map((entry) => entry.name);
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

function importsOf(file: string): Record<string, string> {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8')).imports;
}

describe('functions/', () => {
  it('holds the functions of the five systems', () => {
    expect(slugs.sort()).toEqual(
      [
        'admin-ops-alerts',
        'admin-overview',
        'archive-odoo-files',
        'job-worker',
        'openrouter-health-check',
        'ops-advisory-scan',
        'ops-executor',
        'ops-metrics-ingest',
        'ops-record-build',
        'ops-trigger-build',
        'sync',
      ].sort(),
    );
  });

  it.each(slugs)('%s has an entry that only serves, and a handler that does not', (slug) => {
    const entry = readFileSync(path.join(folder, slug, 'index.ts'), 'utf8');

    expect(entry.trim().split('\n')).toHaveLength(4);
    expect(readFileSync(path.join(folder, slug, 'handler.ts'), 'utf8')).not.toMatch(/\bDeno\b/);
  });

  it.each(['.', ...slugs])('deno.json of %s names the versions package.json has', (slug) => {
    const file = path.join(slug, 'deno.json');
    expect(existsSync(path.join(folder, file))).toBe(true);
    for (const [name, target] of Object.entries(importsOf(file)))
      expect(target).toBe(`npm:${name}@${manifest.dependencies[name]}`);
  });
});
