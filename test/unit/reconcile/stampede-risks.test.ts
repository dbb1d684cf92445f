import { expect, test } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { Change, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { withStampedeRisks } from '../../../actions/_shared/reconcile/stampede-risks.ts';

const from = new Date('2026-11-21T00:30:00Z');

async function jobsAt(schedules: readonly string[]) {
  const files: Record<string, string> = {
    'runbooks/environments.yaml':
      'production:\n  lane: production\n  connection: { env: OPS_DATABASE_URL }\n',
  };
  schedules.forEach((schedule, index) => {
    files[`runbooks/cron/job-${index}.yaml`] = `schedule: "${schedule}"\ncall:\n  sql: select 1\n`;
  });
  const declarations = await loadDeclarations({ root: '/', read: memoryReader(files) });
  expect(declarations.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return declarations.resolve('production').jobs;
}

function planOf(changes: readonly Pick<Change, 'kind' | 'name' | 'action'>[]): Plan {
  return {
    changes: changes.map((change) => ({
      ...change,
      cause: 'declaration',
      before: null,
      after: {},
      risks: [],
    })),
  } as unknown as Plan;
}

test('a new job that joins nine others in one minute carries the risk, with a quieter minute', async () => {
  const jobs = await jobsAt(Array.from({ length: 10 }, () => '0 * * * *'));
  const plan = withStampedeRisks(planOf([{ kind: 'cron', name: 'job-9', action: 'create' }]), jobs, from);
  const [risk] = plan.changes[0]?.risks ?? [];
  expect(risk).toMatchObject({ severity: 'warning', code: 'stampede' });
  expect(risk?.message).toMatch(/9 other jobs at 2026-11-21 01:00 UTC/);
});

test.each([
  ['eight at once are fine', 8, 'create' as const],
  ['a deletion relieves the minute', 10, 'delete' as const],
])('%s', async (_name, count, action) => {
  const jobs = await jobsAt(Array.from({ length: count }, () => '0 * * * *'));
  const plan = withStampedeRisks(planOf([{ kind: 'cron', name: 'job-0', action }]), jobs, from);
  expect(plan.changes[0]?.risks).toEqual([]);
});
