import path from 'node:path';
import { explainConnectionError } from '../_shared/database/connection-errors.ts';
import { parseConnectionTarget } from '../_shared/database/connection-target.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { createRedaction } from '../_shared/io/redaction.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { serveHealth } from '../_shared/queue/health-server.ts';
import { type Handlers, loadHandlers } from '../_shared/queue/load-handlers.ts';
import type { PrefetchChoice } from '../_shared/queue/prefetch.ts';
import { createWorkLog, type LogLevel } from '../_shared/queue/work-log.ts';
import { startWorker, type Worker } from '../_shared/queue/worker.ts';
import { type TargetOptions, targetUrl } from './target-url.ts';

export interface WorkOptions extends TargetOptions {
  readonly handlers: string;
  readonly concurrency: number;
  readonly prefetch: PrefetchChoice;
  readonly taskTypes?: readonly string[];
  /** Milliseconds, as the next three. */
  readonly poll: number;
  readonly lease: number;
  readonly grace: number;
  readonly listen: boolean;
  readonly drain?: boolean;
  readonly once?: boolean;
  readonly healthPort?: number;
  readonly healthHost: string;
  readonly logLevel: LogLevel;
  readonly format?: 'terminal' | 'json';
}

/** `opsroom work`: exit 0 after a clean stop or when the queue is drained, 1 when the worker had to give up. */
export async function work(options: WorkOptions): Promise<number> {
  const url = await targetUrl(options);
  const handlers = chosen(
    await loadHandlers(path.resolve(options.root, options.handlers)),
    options.taskTypes,
  );
  const token = process.env.OPSROOM_JOB_TOKEN;
  const redaction = createRedaction();
  redaction.add(url);
  redaction.add(token);
  const secrets = redaction.values();
  const format = options.format ?? (process.stdout.isTTY === true ? 'terminal' : 'json');
  const log = createWorkLog({
    level: options.logLevel,
    format,
    color: wantsColor(process.stdout),
    out: (text) => process.stdout.write(text),
    secrets,
  });
  const worker = await startWorker({
    url,
    handlers,
    concurrency: options.concurrency,
    prefetch: options.prefetch,
    leaseMs: options.lease,
    pollMs: options.poll,
    listen: options.listen,
    drain: options.drain === true || options.once === true,
    functions: { url: process.env.OPSROOM_FUNCTIONS_URL, token },
    log,
    secrets,
  }).catch((error: unknown) => {
    throw explainConnectionError(error, parseConnectionTarget(url)) ?? error;
  });
  const health =
    options.healthPort === undefined
      ? undefined
      : await serveHealth({
          port: options.healthPort,
          host: options.healthHost,
          stats: () => worker.stats(),
        }).catch(async (error: unknown) => {
          await worker.stop({ graceMs: 0 });
          throw error;
        });
  if (health !== undefined) log.write('info', 'health_endpoint', { port: health.port });
  const forgetSignals = stopOnSignals(worker, options.grace);
  const ending = await worker.ended;
  forgetSignals();
  await health?.close();
  if (ending.reason === 'failed') throw ending.error;
  return 0;
}

/** Only the handlers that were asked for. @throws ConfigurationError for a type nobody handles */
function chosen(handlers: Handlers, taskTypes: readonly string[] | undefined): Handlers {
  if (taskTypes === undefined) {
    if (handlers.size > 0) return handlers;
    throw new ConfigurationError('The folder holds no handler.', {
      hint: 'Write <task_type>.ts in it; docs/queue.md shows how.',
    });
  }
  return new Map(
    taskTypes.map((taskType) => {
      const handler = handlers.get(taskType);
      if (handler !== undefined) return [taskType, handler];
      const near = closestWord(taskType, handlers.keys());
      throw new ConfigurationError(`There is no handler for ${taskType}.`, {
        hint: near === undefined ? `There are: ${[...handlers.keys()].join(', ')}` : `Did you mean ${near}?`,
      });
    }),
  );
}

/** The first signal lets running jobs finish, the second stops them. */
function stopOnSignals(worker: Worker, graceMs: number): () => void {
  let asked = false;
  const onSignal = (): void => {
    void worker.stop({ graceMs: asked ? 0 : graceMs });
    asked = true;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
