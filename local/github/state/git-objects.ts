import { createHash } from 'node:crypto';
import type { Store } from '../store.ts';

/** Modes of git: a file, an executable, a link, a folder. */
export type Mode = '100644' | '100755' | '120000' | '040000';

/** One name in a tree. */
export interface TreeEntry {
  readonly name: string;
  readonly mode: Mode;
  readonly sha: string;
}

/** A file with its path from the root. */
export interface TreeFile {
  readonly path: string;
  readonly mode: Mode;
  readonly sha: string;
}

/** What git keeps, under the names git gives it. */
export interface ObjectState {
  readonly blobs: Map<string, Buffer>;
  readonly trees: Map<string, readonly TreeEntry[]>;
}

/** Keeps a file's content. */
export function putBlob(store: Pick<Store, 'blobs'>, content: Buffer): string {
  const sha = objectName('blob', content);
  store.blobs.set(sha, content);
  return sha;
}

/** Keeps a tree; entries are put in git's order. */
export function putTree(store: Pick<Store, 'trees'>, entries: readonly TreeEntry[]): string {
  const ordered = [...entries].sort((a, b) => Buffer.compare(orderKey(a), orderKey(b)));
  const content = Buffer.concat(
    ordered.map(({ mode, name, sha }) =>
      Buffer.concat([Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`, 'utf8'), Buffer.from(sha, 'hex')]),
    ),
  );
  const sha = objectName('tree', content);
  store.trees.set(sha, ordered);
  return sha;
}

function orderKey({ name, mode }: TreeEntry): Buffer {
  return Buffer.from(mode === '040000' ? `${name}/` : name, 'utf8');
}

/** The name git gives an object. */
export function objectName(type: 'blob' | 'tree' | 'commit', content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** What a path leads to; the root for the empty path. */
export function findEntry(store: Pick<Store, 'trees'>, tree: string, path: string): TreeEntry | null {
  let entry: TreeEntry = { name: '', mode: '040000', sha: tree };
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = store.trees.get(entry.sha)?.find((child) => child.name === name);
    if (next === undefined) return null;
    entry = next;
  }
  return entry;
}

/** The text of a file; null when there is none. */
export function readFile(store: Pick<Store, 'trees' | 'blobs'>, tree: string, path: string): string | null {
  const entry = findEntry(store, tree, path);
  if (entry === null || entry.mode === '040000') return null;
  return store.blobs.get(entry.sha)?.toString('utf8') ?? null;
}

/** Every file below a tree. */
export function listFiles(store: Pick<Store, 'trees'>, tree: string, folder = ''): TreeFile[] {
  return (store.trees.get(tree) ?? []).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.mode === '040000') return listFiles(store, entry.sha, path);
    return [{ path, mode: entry.mode, sha: entry.sha }];
  });
}

/** A change of one path: an object put there, or null for gone. */
export type TreeChange = { readonly mode: Mode; readonly sha: string } | null;

/** The tree that results from changes to another one; folders that become empty vanish, as in git. */
export function changeTree(
  store: Pick<Store, 'trees'>,
  base: string | null,
  changes: ReadonlyMap<string, TreeChange>,
): string {
  const entries = new Map(
    (base === null ? [] : (store.trees.get(base) ?? [])).map((entry) => [entry.name, entry]),
  );
  const below = new Map<string, Map<string, TreeChange>>();
  for (const [path, change] of changes) {
    const [name = '', ...rest] = path.split('/');
    if (rest.length > 0) {
      below.set(name, (below.get(name) ?? new Map()).set(rest.join('/'), change));
    } else if (change === null) entries.delete(name);
    else entries.set(name, { name, mode: change.mode, sha: change.sha });
  }
  for (const [name, inside] of below) {
    const known = entries.get(name);
    const sha = changeTree(store, known?.mode === '040000' ? known.sha : null, inside);
    if (store.trees.get(sha)?.length === 0) entries.delete(name);
    else entries.set(name, { name, mode: '040000', sha });
  }
  return putTree(store, [...entries.values()]);
}
