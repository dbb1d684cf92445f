import { describe, expect, it } from 'vitest';
import type { EnvironmentDeclaration, ResourceKind } from '../../../actions/_shared/declare/model.ts';
import { deletionGuard } from '../../../actions/_shared/reconcile/deletion-guard.ts';

const environment: EnvironmentDeclaration = {
  name: 'production',
  lane: 'production',
  connectionEnv: 'X',
  jobsAwake: true,
  prune: ['cron'],
  limits: { deleteCount: 10, deletePercent: 20 },
  location: { file: 'runbooks/environments.yaml', line: 3, column: 1 },
};

function guard(
  deleted: Partial<Record<ResourceKind, number>>,
  managed: Partial<Record<ResourceKind, number>>,
  allowDeletes?: number,
) {
  const changes = Object.entries(deleted).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => ({
      kind: kind === 'secret' ? ('secret' as const) : kind === 'job' ? ('job' as const) : ('cron' as const),
      name: `o${index}`,
      action: 'delete' as const,
      cause: 'declaration' as const,
      before: {},
      after: null,
      risks: [],
    })),
  );
  const ledgerOf = (kind: ResourceKind) =>
    [
      kind,
      new Map(Array.from({ length: managed[kind] ?? 0 }, (_, index) => [`o${index}`, 'd'] as const)),
    ] as const;
  return deletionGuard({
    changes,
    ledger: new Map([ledgerOf('secret'), ledgerOf('job'), ledgerOf('cron')]),
    environment,
    allowDeletes,
  });
}

describe('the deletion guard', () => {
  it.each([
    ['nothing deleted', {}, { cron: 5 }, undefined, 0],
    ['one of a few', { cron: 1, job: 1 }, { cron: 3, job: 3 }, undefined, 0],
    ['two of five are 40 %', { cron: 2, job: 2 }, { cron: 5, job: 5 }, undefined, 1],
    ['two of fifty', { cron: 2, job: 2 }, { cron: 50, job: 50 }, undefined, 0],
    ['eleven of a thousand are more than ten', { cron: 11 }, { cron: 1000 }, undefined, 1],
    ['the only one', { cron: 1, job: 1 }, { cron: 1, job: 1 }, undefined, 1],
    ['all secrets', { secret: 2 }, { secret: 2, cron: 100 }, undefined, 1],
    ['consent to fewer', { cron: 11 }, { cron: 1000 }, 10, 1],
    ['consent to as many', { cron: 11, job: 11 }, { cron: 1000, job: 1000 }, 11, 0],
  ])('%s', (_case, deleted, managed, allow, blockers) => {
    expect(guard(deleted, managed, allow)).toHaveLength(blockers);
  });

  it('counts a job and its definition as one, and says how to consent', () => {
    const [blocker] = guard({ cron: 12, job: 12, secret: 1 }, { cron: 100, job: 100, secret: 9 });
    expect(blocker).toMatchObject({
      code: 'deletion-guard',
      message: 'The plan deletes 12 jobs; the limit is 10',
      hint: 'If that is meant: --allow-deletes 13 (on GitHub, allow-deletes of the button of reconcile)',
      location: environment.location,
    });
  });
});
