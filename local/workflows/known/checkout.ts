import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowError } from '../expressions.ts';
import type { KnownAction, KnownCall } from './registry.ts';

/** actions/checkout: the files of a commit, copied into the workspace. */
export const checkout: KnownAction = {
  inputs: {
    repository: '',
    ref: '',
    token: '',
    path: '.',
    'persist-credentials': 'true',
    'fetch-depth': '1',
    'sparse-checkout': '',
    'sparse-checkout-cone-mode': 'true',
    clean: 'true',
  },
  run: async (call) => {
    const { order, inputs, log } = call;
    const { repository, ref } = inputs;
    if (repository !== '' && repository !== order.repository) {
      throw new WorkflowError(`This runner checks out ${order.repository} only, not ${repository}`);
    }
    // GitHub tells a token without the right nothing about a private repository.
    if (order.permissions.contents === undefined) {
      throw new WorkflowError(
        `fatal: repository '${order.repository}' not found (the token has no contents: read)`,
      );
    }
    const sha = ref === undefined || ref === '' ? order.sha : ref;
    const target = path.resolve(order.folders.workspace, inputs.path ?? '.');
    if (inputs.clean === 'true') empty(target);
    copy(order.services.source(sha), target, inputs['sparse-checkout'] ?? '');
    const forget = writeGitFolder(call, target, sha);
    log(`HEAD is now at ${sha.slice(0, 7)}`);
    return { outputs: { ref: ref ?? '', commit: sha }, post: async () => forget() };
  },
};

function empty(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true, force: true });
}

/** Folders named in `sparse-checkout`, with the files at the top; everything where none is named. */
function copy(source: string, target: string, sparse: string): void {
  const wanted = sparse
    .split('\n')
    .map((line) => line.trim().replace(/^\/|\/$/g, ''))
    .filter((line) => line !== '');
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const selected = wanted.length === 0 || entry.isFile() || wanted.includes(entry.name);
    if (selected) cpSync(path.join(source, entry.name), path.join(target, entry.name), { recursive: true });
  }
  for (const folder of wanted.filter((each) => each.includes('/'))) {
    cpSync(path.join(source, folder), path.join(target, folder), { recursive: true });
  }
}

/** As much of `.git` as tells which commit this is; the token goes in only where it should persist, and out at the end. */
function writeGitFolder({ order, inputs }: KnownCall, target: string, sha: string): () => void {
  const git = path.join(target, '.git');
  mkdirSync(path.join(git, 'objects'), { recursive: true });
  mkdirSync(path.join(git, 'refs'), { recursive: true });
  writeFileSync(path.join(git, 'HEAD'), `${sha}\n`);
  const config = '[core]\n\trepositoryformatversion = 0\n\tbare = false\n';
  const file = path.join(git, 'config');
  const token = inputs.token === undefined || inputs.token === '' ? order.token : inputs.token;
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  order.masks.add(basic);
  const credentials = `[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic ${basic}\n`;
  writeFileSync(file, inputs['persist-credentials'] === 'true' ? config + credentials : config);
  return () => writeFileSync(file, config);
}
