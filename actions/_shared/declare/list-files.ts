/** Finds the files of `runbooks/`, and says what lies there and is not read: a file nobody reads is a trap. */
import { isEditorsOwn } from './editors-own.ts';
import type { FileReader } from './file-reader.ts';
import { type KindName, PLACES } from './kinds/specs.ts';
import type { Diagnostic } from './model.ts';

export interface ListedFile {
  readonly kind: KindName;
  /** Object name for kinds with one object a file, else the kind's name. */
  readonly name: string;
  readonly path: string;
}

/** Things that may lie in `runbooks/` without being declarations. */
const COMPANIONS = /(?:^\.|\.md$|\.schema\.json$|^schemas$|^CODEOWNERS$)/;
const NAME = /^[a-z0-9][a-z0-9_-]*$/;
const MAX_NAME_BYTES = 63;

/** Files in the order of kinds, then names. */
export function listFiles(reader: FileReader): {
  readonly files: readonly ListedFile[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const files: ListedFile[] = [];
  const diagnostics: Diagnostic[] = [];
  const root = reader.list('runbooks');
  const known = new Set<string>();
  for (const kind of kindNames()) {
    const place = PLACES[kind];
    const path = 'file' in place ? place.file : place.folder;
    const entry = path.slice('runbooks/'.length);
    known.add(entry);
    const found = root.find((candidate) => candidate.name === entry);
    if (found === undefined) continue;
    const expected = 'file' in place ? 'file' : 'folder';
    if (found.type !== expected)
      diagnostics.push(
        refusal(
          path,
          `must be a ${expected === 'file' ? 'regular file' : 'folder'}`,
          'Links are not followed.',
        ),
      );
    else if ('file' in place) files.push({ kind, name: kind, path });
    else listFolder(reader, { kind, folder: path }, files, diagnostics);
  }
  for (const entry of root) {
    if (known.has(entry.name) || COMPANIONS.test(entry.name) || isEditorsOwn(entry.name)) continue;
    diagnostics.push(
      refusal(
        `runbooks/${entry.name}`,
        'is not read: it is no kind of this version',
        `Known are ${[...known].join(', ')}.`,
        'warning',
      ),
    );
  }
  return { files, diagnostics };
}

function kindNames(): readonly KindName[] {
  return Object.keys(PLACES) as KindName[];
}

function listFolder(
  reader: FileReader,
  place: { readonly kind: KindName; readonly folder: string },
  files: ListedFile[],
  diagnostics: Diagnostic[],
): void {
  const byLowerCase = new Map<string, string>();
  for (const entry of reader.list(place.folder)) {
    const path = `${place.folder}/${entry.name}`;
    if (COMPANIONS.test(entry.name) || isEditorsOwn(entry.name)) continue;
    if (entry.type !== 'file') {
      diagnostics.push(
        refusal(
          path,
          'is not a regular file and is not read',
          'One object a file, directly in this folder; links are not followed.',
        ),
      );
      continue;
    }
    if (!entry.name.endsWith('.yaml')) {
      const hint = entry.name.endsWith('.yml')
        ? `Rename it to ${entry.name.slice(0, -4)}.yaml.`
        : 'Remove it, or give it the ending .yaml.';
      diagnostics.push(refusal(path, 'is not read: its name does not end in .yaml', hint));
      continue;
    }
    const name = entry.name.slice(0, -'.yaml'.length);
    const twin = byLowerCase.get(name.toLowerCase());
    byLowerCase.set(name.toLowerCase(), entry.name);
    if (!NAME.test(name) || name.length > MAX_NAME_BYTES) {
      const message =
        name.length > MAX_NAME_BYTES
          ? `has a name longer than ${MAX_NAME_BYTES} characters`
          : `names the object \`${name}\`, which is not a good name`;
      const hint =
        'The file name is the object name: lower-case letters, digits, `_` and `-`, beginning with a letter or digit.';
      diagnostics.push({ ...refusal(path, message, hint), code: 'invalid-name' });
    }
    if (twin !== undefined) {
      diagnostics.push({
        ...refusal(
          path,
          `differs from ${twin} only in case`,
          'Rename one: names are unique without regard to case.',
        ),
        code: 'duplicate-name',
      });
    }
    files.push({ kind: place.kind, name, path });
  }
}

function refusal(
  path: string,
  message: string,
  hint: string,
  severity: Diagnostic['severity'] = 'error',
): Diagnostic {
  return {
    severity,
    code: 'unread-file',
    message: `${path} ${message}`,
    hint,
    location: { file: path, line: 1, column: 1 },
  };
}
