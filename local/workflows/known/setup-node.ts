import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowError } from '../expressions.ts';
import type { KnownAction } from './registry.ts';

/** actions/setup-node: the Node this runner has, if that is the one asked for. Packages are not cached. */
export const setupNode: KnownAction = {
  inputs: {
    'node-version': '',
    'node-version-file': '',
    cache: '',
    'registry-url': '',
    'check-latest': 'false',
  },
  run: async ({ order, inputs, addPath, log }) => {
    const file = inputs['node-version-file'] ?? '';
    const asked =
      file === ''
        ? (inputs['node-version'] ?? '')
        : readFileSync(path.resolve(order.folders.workspace, file), 'utf8');
    const version = execFileSync(order.node, ['--version'], { encoding: 'utf8' }).trim();
    const major = /\d+/.exec(asked)?.[0];
    if (major !== undefined && !version.startsWith(`v${major}.`)) {
      throw new WorkflowError(`This runner has Node ${version} only, not ${asked.trim()}`);
    }
    addPath(path.dirname(order.node));
    log(`Node ${version}`);
    return { outputs: { 'node-version': version, 'cache-hit': 'false' } };
  },
};
