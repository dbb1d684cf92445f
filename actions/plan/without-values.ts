import type { Plan } from '../_shared/reconcile/model.ts';

/**
 * A plan as the job of a pull request may judge it. That job holds no value of any secret, on purpose: that a variable is
 * not set there says nothing about the job that applies, so it neither stops an apply nor is it news.
 */
export function withoutValues(plan: Plan): Plan {
  const missing = plan.blockers.filter(({ code }) => code === 'secret-missing');
  return {
    ...plan,
    blockers: plan.blockers.filter(({ code }) => code !== 'secret-missing'),
    notices: [
      ...plan.notices.filter(({ code }) => code !== 'secret-variable-unset'),
      ...missing.map((item) => ({
        ...item,
        severity: 'notice' as const,
        message: `${item.message} here; the job that applies must bring it`,
      })),
    ],
  };
}
