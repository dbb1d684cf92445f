import { chmodSync, existsSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resolveCommit } from '../../github/state/commits.ts';
import { listFiles, type TreeFile } from '../../github/state/git-objects.ts';
import type { Store } from '../../github/store.ts';
import { WorkflowError } from '../expressions.ts';

/** Folder with the files of a commit; written once a tree, for everybody to read. */
export type Source = (sha: string) => string;

/** The commits of the stand-in as folders below `root`. What trees share is on the disk once. */
export function createSource(store: Store, root: string): Source {
  const place = (file: TreeFile, target: string): void => {
    const content = store.blobs.get(file.sha) ?? Buffer.alloc(0);
    if (file.mode === '120000') {
      symlinkSync(content.toString('utf8'), target);
      return;
    }
    const blob = path.join(root, `${file.sha}-${file.mode}`);
    if (!existsSync(blob)) {
      writeFileSync(blob, content);
      chmodSync(blob, file.mode === '100755' ? 0o755 : 0o644);
    }
    linkSync(blob, target);
  };
  return (sha) => {
    const commit = resolveCommit(store, sha);
    if (commit === null) throw new WorkflowError(`The repository has no commit ${sha}`);
    const folder = path.join(root, commit.tree);
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.part`;
    mkdirSync(unfinished, { recursive: true });
    for (const file of listFiles(store, commit.tree)) {
      const target = path.join(unfinished, file.path);
      mkdirSync(path.dirname(target), { recursive: true });
      place(file, target);
    }
    renameSync(unfinished, folder);
    return folder;
  };
}
