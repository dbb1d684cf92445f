import { job as gamePlatformSync } from '../_jobs/game_platform_sync.ts';
import { job as gamePlatformTotalsSweep } from '../_jobs/game_platform_totals_sweep.ts';
import { job as runbookRun } from '../_jobs/runbook_run.ts';
import { type Handler, handlerOf } from '../_shared/jobs/handler.ts';

/** Every file of `_jobs`: what is deployed is bundled from imports, a folder can't be listed there. A test keeps it whole. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  [
    handlerOf('game_platform_sync', gamePlatformSync),
    handlerOf('game_platform_totals_sweep', gamePlatformTotalsSweep),
    handlerOf('runbook_run', runbookRun),
  ].map((handler) => [handler.taskType, handler]),
);
