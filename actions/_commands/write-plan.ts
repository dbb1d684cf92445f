import type { Plan } from '../_shared/reconcile/model.ts';

export type PlanFormat = 'terminal' | 'json' | 'markdown';

/** Print a plan to standard output in the format asked for. */
export async function writePlan(plan: Plan, format: PlanFormat): Promise<void> {
  switch (format) {
    case 'json':
      process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
      return;
    case 'markdown': {
      const { renderPlanMarkdown } = await import('../_shared/report/plan-markdown.ts');
      process.stdout.write(`${renderPlanMarkdown(plan)}\n`);
      return;
    }
    case 'terminal': {
      const { renderPlanTerminal } = await import('../_shared/report/plan-terminal.ts');
      process.stdout.write(renderPlanTerminal(plan, { color: process.stdout.isTTY === true }));
      return;
    }
  }
}
