/** Files that are there and may not be read: a fault of the working tree, told with its path, and no fault of ours. */
import type { FileReader } from './file-reader.ts';
import type { Diagnostic } from './model.ts';

/** The same reader; what the system refuses to show is kept in `refused` and looks as if it were not there. */
export function readableFiles(
  reader: FileReader,
): FileReader & { readonly refused: ReadonlyMap<string, Diagnostic> } {
  const refused = new Map<string, Diagnostic>();
  const attempt = <T>(path: string, read: () => T, nothing: T): T => {
    try {
      return read();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? `${error.code}` : '';
      if (!REFUSALS.has(code)) throw error;
      refused.set(path, unreadable(path, code));
      return nothing;
    }
  };
  return {
    refused,
    list: (folder) => attempt(folder, () => reader.list(folder), []),
    read: (path) => attempt(path, () => reader.read(path), undefined),
  };
}

const REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP', 'EIO']);

function unreadable(path: string, code: string): Diagnostic {
  return {
    severity: 'error',
    code: 'file-unreadable',
    message: `${path} cannot be read (${code})`,
    hint: 'Let the user who runs this read it.',
    location: { file: path, line: 1, column: 1 },
  };
}
