import { ConfigurationError } from '../_shared/io/errors.ts';
import { loginName } from '../_shared/io/login-name.ts';
import { applyPlan } from '../_shared/reconcile/apply.ts';
import type { ApplyReason, ApplyResult, Plan } from '../_shared/reconcile/model.ts';
import { computePlan } from '../_shared/reconcile/plan.ts';
import { type Target, type TargetOptions, withTarget } from './target.ts';
import { type PlanFormat, writePlan } from './write-plan.ts';

export interface ApplyOptions extends TargetOptions {
  readonly format: PlanFormat;
  readonly prune?: boolean;
  readonly allowDeletes?: number;
  readonly expectDigest?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const succeeded: ReadonlySet<ApplyReason> = new Set(['applied', 'nothing_to_do']);

/** True when a person said yes; without a terminal, `--yes` is the only yes. */
async function consent(plan: Plan): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new ConfigurationError(
      'apply asks before it changes anything, and there is no terminal to ask on.',
      {
        hint: 'Add --yes, and --expect-digest with the digest of the plan that was reviewed.',
      },
    );
  }
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: `Apply ${plan.changes.length} changes to ${plan.environment}?`,
    initialValue: false,
  });
  return !isCancel(answer) && answer;
}

/** Half a digest would be refused as if the plan had moved, and send people to look for what did. */
function checkDigest({ expectDigest }: ApplyOptions): void {
  if (expectDigest === undefined || /^[0-9a-f]{64}$/.test(expectDigest)) return;
  throw new ConfigurationError('--expect-digest is not the digest of a plan.', {
    hint: 'Give all 64 hexadecimal digits that `opsroom plan` prints at its end.',
  });
}

async function applyTo(target: Target, options: ApplyOptions): Promise<number> {
  const { desired, sql, platform, env } = target;
  const shared = {
    sql,
    desired,
    env,
    platform,
    prune: options.prune === true,
    ...(options.allowDeletes === undefined ? {} : { allowDeletes: options.allowDeletes }),
  };
  const applied = (expectDigest: string | undefined) =>
    applyPlan({
      ...shared,
      actor: { name: process.env.OPSROOM_ACTOR ?? loginName() },
      ...(expectDigest === undefined ? {} : { expectDigest }),
    });
  if (options.yes === true && options.dryRun !== true) {
    // Nobody is asked, so the plan is the one made inside the transaction: read once, and never another.
    const result = await applied(options.expectDigest);
    if (options.format !== 'json') await writePlan(result.plan, desired, options.format);
    return report(result, options.format);
  }
  const plan = await computePlan(shared);
  if (options.format !== 'json' || options.dryRun === true) await writePlan(plan, desired, options.format);
  if (options.dryRun === true) return plan.blockers.length > 0 ? 1 : 0;
  if (plan.blockers.length === 0 && plan.changes.length > 0 && !(await consent(plan))) {
    process.stderr.write('Nothing was changed.\n');
    return 1;
  }
  return report(await applied(options.expectDigest ?? plan.digest), options.format);
}

function report(result: ApplyResult, format: PlanFormat): number {
  process.stdout.write(format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : `${result.message}\n`);
  return succeeded.has(result.reason) ? 0 : 1;
}

/** `opsroom apply`: exit 0 when the environment is what the files say. */
export async function apply(options: ApplyOptions): Promise<number> {
  checkDigest(options);
  return withTarget(options, (target) => applyTo(target, options));
}
