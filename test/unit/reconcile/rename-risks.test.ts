import { describe, expect, it } from 'vitest';
import type { Change, ObjectFields } from '../../../actions/_shared/reconcile/model.ts';
import { withRenameRisks } from '../../../actions/_shared/reconcile/rename-risks.ts';

const work = { schedule: 'H * * * *', timezone: 'UTC', call: 'sql', sql: 'select 1', timeout: '5s' };
const danger = {
  severity: 'danger',
  code: 'deletes-job',
  message: 'The job stops running for good',
} as const;

function change(
  kind: Change['kind'],
  name: string,
  sides: { before?: ObjectFields; after?: ObjectFields },
): Change {
  const { before = null, after = null } = sides;
  return {
    kind,
    name,
    action: before === null ? 'create' : 'delete',
    cause: 'declaration',
    before,
    after,
    risks: after === null ? [danger] : [],
  };
}

function codes(changes: readonly Change[]): string[] {
  return changes.map(({ name, risks }) => `${name}: ${risks.map(({ code }) => code).join(' ')}`);
}

describe('a job that goes and one that comes', () => {
  it('doing the same, look renamed, on both sides and without the danger of a deletion', () => {
    const found = withRenameRisks(
      [
        change('job', 'new_name', { after: work }),
        change('cron', 'old_name', { before: { command: 'x' } }),
        change('job', 'old_name', { before: work }),
      ],
      [],
    );

    expect(codes(found)).toEqual([
      'new_name: looks-renamed',
      'old_name: looks-renamed',
      'old_name: looks-renamed',
    ]);
    expect(found[0]?.risks[0]?.message).toContain('old_name');
    expect(found[1]?.risks[0]?.message).toContain('new_name');
  });

  it('doing anything else, are what they are', () => {
    const changes = [
      change('job', 'new_name', { after: { ...work, sql: 'select 2' } }),
      change('job', 'old_name', { before: work }),
    ];

    expect(withRenameRisks(changes, [])).toEqual(changes);
  });

  it('warn when the old one is kept: both will run', () => {
    const found = withRenameRisks(
      [change('job', 'new_name', { after: work })],
      [{ kind: 'job', name: 'old_name', detail: work }],
    );

    expect(codes(found)).toEqual(['new_name: runs-twice']);
  });

  it('pair one to one: of two new twins one is the renamed job', () => {
    const found = withRenameRisks(
      [
        change('job', 'twin_a', { after: work }),
        change('job', 'twin_b', { after: work }),
        change('job', 'old_name', { before: work }),
      ],
      [],
    );

    expect(codes(found)).toEqual(['twin_a: looks-renamed', 'twin_b: ', 'old_name: looks-renamed']);
  });

  it('say nothing where the fields of a deleted job were not read', () => {
    const changes = [change('job', 'new_name', { after: work }), change('job', 'old_name', { before: {} })];

    expect(withRenameRisks(changes, [])).toEqual(changes);
  });
});
