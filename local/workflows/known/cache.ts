import { cpSync } from 'node:fs';
import type { KnownAction } from './registry.ts';
import { selectFiles } from './select-files.ts';

/** actions/cache: files of the workspace under a key; kept at the end of a job that succeeded and had no exact hit. */
export const cache: KnownAction = {
  inputs: { path: '', key: '', 'restore-keys': '', 'fail-on-cache-miss': 'false', 'lookup-only': 'false' },
  run: async ({ order, inputs, log }) => {
    const { key = '', path: lines = '' } = inputs;
    const { workspace } = order.folders;
    const others = (inputs['restore-keys'] ?? '').split('\n').filter((line) => line.trim() !== '');
    const { caches } = order.services;
    const hit = caches.find(key, others);
    if (hit !== null) cpSync(hit.folder, workspace, { recursive: true });
    log(
      hit === null
        ? `Cache not found for input keys: ${[key, ...others].join(', ')}`
        : `Cache restored from key: ${hit.key}`,
    );
    return {
      outputs: {
        'cache-hit': hit === null ? '' : String(hit.key === key),
        'cache-primary-key': key,
        'cache-matched-key': hit?.key ?? '',
      },
      postIf: 'success()',
      post: async () => {
        if (hit?.key === key) return;
        const { folder, files } = selectFiles(workspace, lines);
        const relative = folder === workspace ? '' : `${folder.slice(workspace.length + 1)}/`;
        caches.put(
          key,
          workspace,
          files.map((file) => relative + file),
        );
        log(`Cache saved with key: ${key}`);
      },
    };
  },
};
