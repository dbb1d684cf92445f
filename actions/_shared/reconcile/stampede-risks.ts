import type { DesiredJob } from '../declare/model.ts';
import { stampede } from '../schedule/stampede.ts';
import type { Change, Plan, Risk } from './model.ts';

const DAYS = 7;

/**
 * The plan with a risk at each new or changed job that starts in the busiest minute of the coming days, when more jobs
 * start in it than Supabase advises. Simulates only when a schedule may have changed.
 */
export function withStampedeRisks(plan: Plan, jobs: readonly DesiredJob[], from: Date): Plan {
  if (!plan.changes.some(mayMove)) return plan;
  const report = stampede(jobs, { from, days: DAYS });
  const { peak, advice } = report;
  if (peak.at === null || peak.count <= advice) return plan;
  const crowd = new Set(peak.jobs);
  const proposals = new Map(report.proposals.map((move) => [move.job, move.proposed]));
  const minute = peak.at.slice(0, 16).replace('T', ' ');
  const riskOf = (name: string): Risk => {
    const proposed = proposals.get(name);
    const remedy = proposed === undefined ? '`H` spreads jobs by itself' : `\`${proposed}\` would be quieter`;
    return {
      severity: 'warning',
      code: 'stampede',
      message: `Starts together with ${peak.count - 1} other jobs at ${minute} UTC; more than ${advice} at once is advised against. ${remedy}`,
    };
  };
  return {
    ...plan,
    changes: plan.changes.map((change) =>
      mayMove(change) && crowd.has(change.name)
        ? { ...change, risks: [...change.risks, riskOf(change.name)] }
        : change,
    ),
  };
}

function mayMove({ kind, action }: Change): boolean {
  return kind === 'cron' && action !== 'delete';
}
