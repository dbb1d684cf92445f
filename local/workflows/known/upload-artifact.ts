import { WorkflowError } from '../expressions.ts';
import type { KnownAction } from './registry.ts';
import { selectFiles } from './select-files.ts';

/** actions/upload-artifact: files of the workspace, kept with the run. */
export const uploadArtifact: KnownAction = {
  inputs: {
    name: 'artifact',
    path: '',
    'if-no-files-found': 'warn',
    'retention-days': '',
    'compression-level': '6',
    overwrite: 'false',
    'include-hidden-files': 'false',
  },
  run: async ({ order, inputs, log }) => {
    const { name = '', path: lines = '' } = inputs;
    const { folder, files } = selectFiles(order.folders.workspace, lines);
    if (files.length === 0) {
      const message = `No files were found with the provided path: ${lines}. No artifacts will be uploaded.`;
      if (inputs['if-no-files-found'] === 'error') throw new WorkflowError(message);
      if (inputs['if-no-files-found'] === 'warn') log(`##[warning]${message}`);
      return {};
    }
    const id = await order.services.artifacts.put({
      name,
      folder,
      files,
      overwrite: inputs.overwrite === 'true',
    });
    log(`Artifact ${name} has been successfully uploaded! ${files.length} files, artifact ID is ${id}`);
    return { outputs: { 'artifact-id': String(id) } };
  },
};
