import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** What lies at a path: a file, a folder, nothing, or something outside the project that is not touched. */
export type FoundSource =
  | { readonly kind: 'file'; readonly content: Buffer; readonly real: string }
  | { readonly kind: 'folder' | 'missing' | 'outside' };

/** The files of a project, by paths from its root with `/`. Links are followed as long as they stay inside. */
export interface SourceFolder {
  readonly find: (file: string) => FoundSource;
  /** All files below a folder, sorted; hidden ones too. */
  readonly listBelow: (folder: string) => string[];
}

/** Opens the project at `root`. */
export function openSourceFolder(root: string): SourceFolder {
  const realRoot = realpathSync.native(root);
  return {
    find: (file) => find(realRoot, file),
    listBelow: (folder) => listBelow(realRoot, folder.replace(/\/+$/, '')),
  };
}

/** The folder as it is now: each path is looked at once. For reading many functions at one moment. */
export function rememberingFolder(folder: SourceFolder): SourceFolder {
  const known = new Map<string, FoundSource>();
  return {
    find: (file) => {
      const before = known.get(file);
      if (before !== undefined) return before;
      const found = folder.find(file);
      known.set(file, found);
      return found;
    },
    listBelow: folder.listBelow,
  };
}

function find(root: string, file: string): FoundSource {
  const wanted = path.resolve(root, file);
  let real: string;
  try {
    real = realpathSync.native(wanted);
  } catch (error) {
    if (isMissing(error)) return { kind: isInside(root, wanted) ? 'missing' : 'outside' };
    throw error;
  }
  if (!isInside(root, real)) return { kind: 'outside' };
  try {
    return { kind: 'file', content: readFileSync(real), real };
  } catch (error) {
    if (codeOf(error) === 'EISDIR') return { kind: 'folder' };
    throw error;
  }
}

function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function listBelow(root: string, folder: string): string[] {
  const entries = readdirSync(path.resolve(root, folder || '.'), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listBelow(root, name);
      return [name];
    });
}
