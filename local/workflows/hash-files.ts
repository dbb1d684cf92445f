import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** `hashFiles(...)`: one digest for all files of the workspace that match; empty when none does. */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const wanted = patterns.filter((each) => !each.startsWith('!'));
  const without = patterns.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
  const files = globSync(wanted, { cwd: workspace, exclude: without })
    .map((name) => path.join(workspace, name))
    .filter((file) => statSync(file).isFile())
    .sort();
  if (files.length === 0) return '';
  const all = createHash('sha256');
  for (const file of files) all.update(createHash('sha256').update(readFileSync(file)).digest());
  return all.digest('hex');
}
