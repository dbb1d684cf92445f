import { computeDrift, driftSize } from '../_shared/reconcile/drift.ts';
import { type TargetOptions, withTarget } from './target.ts';
import { type PlanFormat, writePlan } from './write-plan.ts';

export interface DriftOptions extends TargetOptions {
  readonly format: PlanFormat;
}

/** `opsroom drift`: exit 2 when somebody changed a managed object by hand, 0 when not. */
export async function drift(options: DriftOptions): Promise<number> {
  return withTarget(options, async ({ desired, sql, platform, env }) => {
    const result = await computeDrift({ sql, desired, env, platform });
    await writePlan(result, desired, options.format);
    return driftSize(result) > 0 ? 2 : 0;
  });
}
