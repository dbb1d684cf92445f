import path from 'node:path';
import { loadHandlers } from '../actions/_shared/queue/load-handlers.ts';
import { createWorkLog } from '../actions/_shared/queue/work-log.ts';
import { startWorker, type Worker } from '../actions/_shared/queue/worker.ts';
import type { LocalProject } from './local-project.ts';
import { keptSecret } from './secrets.ts';
import type { StateFolder } from './state-folder.ts';

/** Jobs at once: a laptop has other things to do. */
const concurrency = 2;

/**
 * A worker for the queue of the control room, in this process: what `opsroom work` runs on a machine of its own. It tells
 * only what went wrong; `opsroom jobs` shows the rest.
 */
export async function startLocalWorker(options: {
  readonly root: string;
  readonly databaseUrl: string;
  readonly project: LocalProject;
  readonly state: StateFolder;
  readonly log: (line: string) => void;
}): Promise<Worker> {
  const token = keptSecret(options.state, 'opsroom_job_token');
  const secrets = [token, options.databaseUrl];
  return startWorker({
    url: options.databaseUrl,
    handlers: await loadHandlers(path.join(options.root, 'functions', '_jobs')),
    concurrency,
    functions: { url: options.project.url, token },
    log: createWorkLog({
      level: 'warn',
      format: 'terminal',
      out: (text) => options.log(`  ${text.trimEnd()}`),
      secrets,
    }),
    secrets,
  });
}
