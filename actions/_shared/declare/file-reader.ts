/** Where declarations are read from: the disk in life, a map in tests and when a commit is looked at without a checkout. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `refused` stands for links and devices: following them out of the repository could show what is not ours to show. */
export interface FileEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'refused';
}

/** Paths are relative to the root of the repository, with forward slashes. */
export interface FileReader {
  /** Entries of a folder in name order; empty when there is no such folder. */
  readonly list: (folder: string) => readonly FileEntry[];
  /** Bytes of a regular file; undefined when there is none. */
  readonly read: (path: string) => Uint8Array | undefined;
}

/** Reads a working tree. */
export function diskReader(root: string): FileReader {
  return {
    list: (folder) => {
      const found = missingAsUndefined(() => readdirSync(join(root, folder), { withFileTypes: true }));
      return (found ?? [])
        .map(
          (entry): FileEntry => ({
            name: entry.name,
            type: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'refused',
          }),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    read: (path) => missingAsUndefined(() => readFileSync(`${root}/${path}`)),
  };
}

/** Reads from memory: path -> text. */
export function memoryReader(files: Readonly<Record<string, string | Uint8Array>>): FileReader {
  return {
    list: (folder) => {
      const entries = new Map<string, FileEntry>();
      for (const path of Object.keys(files)) {
        if (!path.startsWith(`${folder}/`)) continue;
        const [name = '', ...rest] = path.slice(folder.length + 1).split('/');
        entries.set(name, { name, type: rest.length === 0 ? 'file' : 'folder' });
      }
      return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    read: (path) => {
      const content = Object.hasOwn(files, path) ? files[path] : undefined;
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
  };
}

function missingAsUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A folder is no file either: what is wrong with one has no line to show.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
