import type { DesiredState } from '../_shared/declare/model.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import type { Plan } from '../_shared/reconcile/model.ts';

export type PlanFormat = 'terminal' | 'json' | 'markdown';

/** Print a plan to standard output in the format asked for; `desired` gives schedules in words and next runs. */
export async function writePlan(plan: Plan, desired: DesiredState, format: PlanFormat): Promise<void> {
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
    return;
  }
  const { scheduleReader } = await import('../_shared/report/schedule-reader.ts');
  const schedule = scheduleReader(desired.jobs, new Date());
  switch (format) {
    case 'markdown': {
      const { renderPlanMarkdown } = await import('../_shared/report/plan-markdown.ts');
      process.stdout.write(`${renderPlanMarkdown(plan, { schedule })}\n`);
      return;
    }
    case 'terminal': {
      const { renderPlanTerminal } = await import('../_shared/report/plan-terminal.ts');
      process.stdout.write(renderPlanTerminal(plan, { color: wantsColor(process.stdout), schedule }));
      return;
    }
  }
}
