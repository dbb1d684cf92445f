/** The files of objects: named by the object's version, so that a new version never touches the old one. */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of files. */
export interface Files {
  /** Writes a file under a new version. */
  readonly write: (content: Uint8Array) => Promise<StoredFile>;
  /** The same content under a new version. */
  readonly copy: (version: string) => Promise<string>;
  /** Null when it is gone. */
  readonly read: (version: string) => Promise<Buffer | null>;
  readonly remove: (versions: readonly string[]) => Promise<void>;
}

/** A file that was written. */
export interface StoredFile {
  readonly version: string;
  readonly size: number;
  /** In double quotes, as an ETag is. */
  readonly etag: string;
}

/** Keeps files below `folder`, spread over 256 folders. */
export function openFiles(folder: string): Files {
  const pathOf = (version: string): string => join(folder, version.slice(0, 2), version);
  const prepare = async (): Promise<string> => {
    const version = randomUUID();
    await mkdir(join(folder, version.slice(0, 2)), { recursive: true, mode: 0o700 });
    return version;
  };
  return {
    write: async (content) => {
      const version = await prepare();
      await writeFile(pathOf(version), content, { mode: 0o600, flag: 'wx' });
      const etag = `"${createHash('md5').update(content).digest('hex')}"`;
      return { version, size: content.length, etag };
    },
    copy: async (from) => {
      const version = await prepare();
      await copyFile(pathOf(from), pathOf(version));
      return version;
    },
    read: async (version) => {
      try {
        return await readFile(pathOf(version));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
    },
    remove: async (versions) => {
      await Promise.all(versions.map((version) => rm(pathOf(version), { force: true })));
    },
  };
}
