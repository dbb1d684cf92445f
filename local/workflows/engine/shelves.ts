import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { zip } from '../../github/jobs/zip.ts';
import { type Store, takeId } from '../../github/store.ts';
import { WorkflowError } from '../expressions.ts';
import type { ArtifactShelf, CacheShelf } from '../job/job-order.ts';

/**
 * Artifacts of runs: files in folders below `root`, and an archive on GitHub's side, where the API lists them. What an action
 * uploads by itself is listed there too, but cannot be fetched from here.
 */
export function createArtifacts(store: Store, root: string): (runId: number) => ArtifactShelf {
  const shelves = new Map<number, Map<string, Kept>>();
  return (runId) => {
    const kept = shelves.get(runId) ?? new Map<string, Kept>();
    shelves.set(runId, kept);
    return {
      names: () => [...kept.keys()],
      folder: (name) => kept.get(name)?.folder ?? null,
      put: async ({ name, folder, files, overwrite }) => {
        const old = kept.get(name);
        const taken = [...store.artifacts.values()].some(
          (each) => each.runId === runId && each.name === name,
        );
        if (taken && !overwrite) {
          throw new WorkflowError(
            `Failed to CreateArtifact: an artifact with this name already exists on the workflow run: ${name}`,
          );
        }
        if (old !== undefined) forget(store, old);
        const id = takeId(store);
        const target = path.join(root, String(id));
        copyFiles(folder, files, target);
        kept.set(name, { id, folder: target });
        archive(store, { id, runId, name, folder: target, files });
        return id;
      },
    };
  };
}

interface Kept {
  readonly id: number;
  readonly folder: string;
}

const DAYS_90_MS = 90 * 86_400_000;

function archive(
  store: Store,
  of: Kept & { readonly runId: number; readonly name: string; readonly files: readonly string[] },
): void {
  const content = zip(of.files.map((name) => ({ name, content: readFileSync(path.join(of.folder, name)) })));
  store.artifacts.set(of.id, {
    id: of.id,
    runId: of.runId,
    name: of.name,
    content,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    mimeType: 'application/zip',
    createdAt: store.now(),
    expiresAt: new Date(store.now().getTime() + DAYS_90_MS),
  });
}

function forget(store: Store, { id, folder }: Kept): void {
  store.artifacts.delete(id);
  rmSync(folder, { recursive: true, force: true });
}

/** Caches of the repository, in folders below `root`. */
export function createCaches(root: string): CacheShelf {
  const kept = new Map<string, string>();
  return {
    put: (key, folder, files) => {
      if (kept.has(key)) return;
      const target = path.join(root, String(kept.size + 1));
      copyFiles(folder, files, target);
      kept.set(key, target);
    },
    find: (key, others) => {
      const newest = [...kept.keys()].toReversed();
      const found = kept.has(key)
        ? key
        : others.flatMap((prefix) => newest.find((each) => each.startsWith(prefix)) ?? [])[0];
      const folder = found === undefined ? undefined : kept.get(found);
      return found === undefined || folder === undefined || !existsSync(folder)
        ? null
        : { key: found, folder };
    },
  };
}

function copyFiles(from: string, files: readonly string[], to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of files) cpSync(path.join(from, file), path.join(to, file), { recursive: true });
}
