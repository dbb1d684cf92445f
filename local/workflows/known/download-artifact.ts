import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { WorkflowError } from '../expressions.ts';
import type { KnownAction } from './registry.ts';

/** actions/download-artifact: what a job of the same run has uploaded; all of it, each in its folder, where no name is given. */
export const downloadArtifact: KnownAction = {
  inputs: {
    name: '',
    path: '',
    pattern: '',
    'merge-multiple': 'false',
    'github-token': '',
    repository: '',
    'run-id': '',
  },
  run: async ({ order, inputs, log }) => {
    const { name = '' } = inputs;
    const { artifacts } = order.services;
    const target = path.resolve(order.folders.workspace, inputs.path ?? '');
    mkdirSync(target, { recursive: true });
    for (const each of name === '' ? artifacts.names() : [name]) {
      const folder = artifacts.folder(each);
      if (folder === null)
        throw new WorkflowError(`Unable to download artifact(s): Artifact not found for name: ${each}`);
      cpSync(folder, name === '' ? path.join(target, each) : target, { recursive: true });
      log(`Artifact ${each} downloaded`);
    }
    return { outputs: { 'download-path': target } };
  },
};
