import { globSync, statSync } from 'node:fs';
import path from 'node:path';

/** Files that lines of paths and patterns select. */
export interface Selection {
  /** What all of them have in common. */
  readonly folder: string;
  /** Relative to the folder. */
  readonly files: readonly string[];
}

/** The files of `path:` inputs: files, folders with all they hold, patterns, `!` to leave out. */
export function selectFiles(workspace: string, lines: string): Selection {
  const patterns = lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const without = patterns.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
  const roots = patterns
    .filter((each) => !each.startsWith('!'))
    .flatMap((each) => globSync(each, { cwd: workspace }));
  const found = roots
    .map((name) => path.resolve(workspace, name))
    .flatMap((name) => (statSync(name).isDirectory() ? filesIn(name) : [name]));
  const left = new Set(
    without
      .flatMap((each) => globSync(each, { cwd: workspace }))
      .map((name) => path.resolve(workspace, name)),
  );
  const files = [...new Set(found)].filter((file) => !left.has(file)).sort();
  const [only = ''] = roots;
  const folder =
    roots.length === 1 && statSync(path.resolve(workspace, only)).isDirectory()
      ? path.resolve(workspace, only)
      : commonFolder(files);
  return { folder, files: files.map((file) => path.relative(folder, file)) };
}

function filesIn(folder: string): string[] {
  return globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function commonFolder(files: readonly string[]): string {
  const [first = '/', ...rest] = files.map((file) => path.dirname(file));
  return rest.reduce((common, folder) => {
    let shared = common;
    while (folder !== shared && !folder.startsWith(`${shared}${path.sep}`)) shared = path.dirname(shared);
    return shared;
  }, first);
}
