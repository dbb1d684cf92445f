import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../contract/action-metadata.ts';
import { emptyWorkspace } from './bundled-action.ts';

/** A checkout of this repository's own declarations, to be changed by a test. */
export interface ControlRepository {
  readonly workspace: string;
  /** Replaces text in a file; fails when it is not there. */
  readonly edit: (file: string, from: string, to: string) => void;
  readonly write: (file: string, text: string) => void;
  readonly remove: (file: string) => void;
}

/** Copies `runbooks/` and `migrations/` as they are committed. */
export function controlRepository(): ControlRepository {
  const workspace = emptyWorkspace();
  for (const folder of ['runbooks', 'migrations', 'functions']) {
    cpSync(path.join(root, folder), path.join(workspace, folder), { recursive: true });
  }
  const write = (file: string, text: string): void => writeFileSync(path.join(workspace, file), text);
  return {
    workspace,
    write,
    edit: (file, from, to) => {
      const text = readFileSync(path.join(workspace, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
      write(file, text.replace(from, to));
    },
    remove: (file) => rmSync(path.join(workspace, file)),
  };
}

/** A value for every secret, each a canary that must never be seen. */
export const CANARIES = {
  OPS_PROJECT_URL: 'https://canary-project-url.example.test',
  OPS_ANON_KEY: 'canary-anon-key-7d1f0c',
  OPS_INTERNAL_JOB_TOKEN: 'canary-internal-job-token-0123456789abcdef',
  OPS_ARCHIVE_ODOO_FILES_TOKEN: 'canary-archive-token-0123456789abcdef0123',
  OPS_JOB_QUEUE_WORKER_ENDPOINT: 'https://canary-worker-endpoint.example.test/functions/v1/job-worker',
  JOB_QUEUE_RUNNER_SECRET: 'canary-runner-secret-0123456789abcdef012',
  OPS_ADVISORY_TOKEN: 'canary-advisory-token-0123456789abcdef01',
} as const;
