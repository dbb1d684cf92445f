import { computePlan } from '../_shared/reconcile/plan.ts';
import { type TargetOptions, withTarget } from './target.ts';
import { type PlanFormat, writePlan } from './write-plan.ts';

export interface PlanOptions extends TargetOptions {
  readonly format: PlanFormat;
  readonly prune?: boolean;
  readonly allowDeletes?: number;
  readonly detailedExitcode?: boolean;
}

/** `opsroom plan`: exit 0; with `--detailed-exitcode` 2 when something would change; 1 when apply would refuse. */
export async function plan(options: PlanOptions): Promise<number> {
  return withTarget(options, async ({ desired, sql, platform, env }) => {
    const result = await computePlan({
      sql,
      desired,
      env,
      platform,
      prune: options.prune === true,
      ...(options.allowDeletes === undefined ? {} : { allowDeletes: options.allowDeletes }),
    });
    await writePlan(result, desired, options.format);
    if (result.blockers.length > 0) return 1;
    return options.detailedExitcode === true && result.changes.length > 0 ? 2 : 0;
  });
}
