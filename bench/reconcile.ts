import { runParts } from './parts.ts';
import { benchApply, benchDistance, benchMemory, benchPlan, benchUnschedule } from './reconcile-jobs.ts';
import { benchMigrate, benchStart } from './reconcile-starts.ts';

/**
 * The reconcile rows of the targets, or only the parts that are named. `--jobs N`, `--repetitions N`; starts are repeated more
 * often, because they scatter.
 */
export function run(argv: readonly string[]): Promise<string> {
  const parts = {
    apply: benchApply,
    distance: benchDistance,
    unschedule: benchUnschedule,
    plan: benchPlan,
    migrate: benchMigrate,
    start: benchStart,
    memory: benchMemory,
  };
  return runParts({ title: 'reconcile', parts, numbers: { jobs: 10_000, repetitions: 5 } }, argv);
}
