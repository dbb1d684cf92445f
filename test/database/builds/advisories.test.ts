import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, asMember } from './people.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const org = await addOrganisation(sql, 'acme');
afterAll(() => database.drop());
beforeEach(async () => {
  await sql`delete from ops.advisories`;
});

async function raise(key: string, level = 'warning'): Promise<{ advisory_id: string; outcome: string }> {
  const [row] = await service<{ advisory_id: string; outcome: string }[]>`
    select * from ops.raise_advisory(
      ${org.projectId}, ${key}, 'check', ${`Finding ${key}`}, ${level}, p_evidence => '{"rows": 3}', p_categories => '{performance}')`;
  if (row === undefined) throw new Error('not raised');
  return row;
}

async function states(): Promise<Record<string, string>> {
  const rows = await service<{ cache_key: string; state: string }[]>`
    select cache_key, state from ops.list_advisories(${org.projectId}, 'all')`;
  return Object.fromEntries(rows.map((row) => [row.cache_key, row.state]));
}

const resolve = (id: string) =>
  asMember(database, org.memberId, (member) => member`select * from ops.resolve_advisory(${id})`);
const snooze = (id: string, span: string) =>
  asMember(
    database,
    org.memberId,
    (member) => member`select * from ops.snooze_advisory(${id}, now() + ${span}::interval)`,
  );

describe('a finding', () => {
  it('found again is the same row, newer and counted', async () => {
    const first = await raise('a');
    expect(first.outcome).toBe('created');
    expect(await raise('a', 'error')).toEqual({ advisory_id: first.advisory_id, outcome: 'refreshed' });
    const [row] = await sql`select level, seen_count, evidence from ops.advisories`;
    expect(row).toEqual({ level: 'error', seen_count: 2, evidence: { rows: 3 } });
  });

  it('found by many at once is one row', async () => {
    const sessions = Array.from({ length: 10 }, () => database.as('service_role'));
    await Promise.all(
      sessions.map(
        (session) => session`select ops.raise_advisory(${org.projectId}, 'a', 'check', 'Finding')`,
      ),
    );
    expect(await sql`select seen_count from ops.advisories`).toEqual([{ seen_count: 10 }]);
  });

  it('that was resolved and is found again is open again, the same row', async () => {
    const { advisory_id } = await raise('a');
    const [resolved] = await resolve(advisory_id);
    expect(resolved).toMatchObject({ resolved_by: org.memberId });
    expect(await states()).toEqual({ a: 'resolved' });
    expect(await raise('a')).toEqual({ advisory_id, outcome: 'reopened' });
    expect(await states()).toEqual({ a: 'active' });
    const [row] = await sql`select reopened_count, resolved_by from ops.advisories`;
    expect(row).toEqual({ reopened_count: 1, resolved_by: null });
  });

  it('that was snoozed stays so when found again, unless it got worse', async () => {
    const { advisory_id } = await raise('a', 'info');
    const [snoozed] = await snooze(advisory_id, '2 hours');
    expect(snoozed).toMatchObject({ snoozed_by: org.memberId });
    await raise('a', 'info');
    expect(await states()).toEqual({ a: 'snoozed' });
    await raise('a', 'error');
    expect(await states()).toEqual({ a: 'active' });
  });

  it('is active again when its snooze is over', async () => {
    const { advisory_id } = await raise('a');
    await snooze(advisory_id, '2 hours');
    await sql`update ops.advisories set snoozed_until = now() - interval '1 second'`;
    expect(await states()).toEqual({ a: 'active' });
  });

  it('that is lived with stays so, however bad, until the day that was named', async () => {
    await raise('a');
    await service`select ops.suppress_advisory(${org.projectId}, 'a', now() + interval '30 days', 'moving off in January', '@data-team')`;
    await raise('a', 'error');
    expect(await states()).toEqual({ a: 'suppressed' });
    await sql`update ops.advisories set suppressed_until = now() - interval '1 second'`;
    expect(await states()).toEqual({ a: 'active' });
    await expect(
      service`select ops.suppress_advisory(${org.projectId}, 'a', 'infinity', 'never mind')`,
    ).rejects.toThrow('for a reason and until a day');
  });

  it('that a check no longer finds is resolved, those of other checks are not', async () => {
    const kept = await raise('a');
    await raise('b');
    await service`select ops.raise_advisory(${org.projectId}, 'c', 'other', 'Other')`;
    const [settled] =
      await service`select ops.settle_advisories('check', array[${kept.advisory_id}]::uuid[]) as count`;
    expect(settled?.count).toBe(1);
    expect(await states()).toEqual({ a: 'active', b: 'resolved', c: 'active' });
    const [row] = await sql`select resolved_by from ops.advisories where cache_key = 'b'`;
    expect(row?.resolved_by).toBeNull();
  });
});

describe('a member', () => {
  it('may say resolved or snoozed, and nothing else, and not as somebody else', async () => {
    const { advisory_id } = await raise('a');
    const refused = ['level', 'title', 'resolved_by', 'snoozed_by', 'suppressed_until', 'org_id'];
    await asMember(database, org.memberId, async (member) => {
      for (const column of refused) {
        await expect(
          member.savepoint(
            (inner) => inner`update ops.advisories set ${inner(column)} = null where id = ${advisory_id}`,
          ),
        ).rejects.toThrow('permission denied');
      }
      await expect(member.savepoint((inner) => inner`delete from ops.advisories`)).rejects.toThrow(
        'permission denied',
      );
    });
    const [row] = await resolve(advisory_id);
    expect(row?.resolved_by).toBe(org.memberId);
  });

  it('snoozes until a time in the year to come', async () => {
    const { advisory_id } = await raise('a');
    for (const span of ['-1 minute', '400 days']) {
      await expect(snooze(advisory_id, span)).rejects.toMatchObject({ code: '22023' });
    }
  });

  it('does not snooze what is resolved', async () => {
    const { advisory_id } = await raise('a');
    await resolve(advisory_id);
    expect(await snooze(advisory_id, '1 hour')).toEqual([]);
  });
});

it('a list goes from worst to least, newest first, in whole pages', async () => {
  for (const [key, level] of [
    ['a', 'info'],
    ['b', 'error'],
    ['c', 'warning'],
    ['d', 'error'],
    ['e', 'info'],
  ] as const) {
    await raise(key, level);
  }
  const seen: string[] = [];
  let last: { level_rank: number | null; id: string | null } = { level_rank: null, id: null };
  for (;;) {
    const rows: { level_rank: number; id: string; cache_key: string }[] = await service<
      { level_rank: number; id: string; cache_key: string }[]
    >`select level_rank, id, cache_key from ops.list_advisories(${org.projectId}, 'active', ${last.level_rank}, ${last.id}, 2)`;
    seen.push(...rows.map((row) => row.cache_key));
    const end = rows.at(-1);
    if (end === undefined) break;
    last = end;
    await raise('f', 'error');
  }
  expect(seen).toEqual(['d', 'b', 'c', 'e', 'a']);
});

it('projects nobody builds are found, new ones are given time', async () => {
  const idle = async (): Promise<unknown[]> =>
    (await service`select project_id from ops.idle_projects()`).map((row) => row.project_id);
  expect(await idle()).toEqual([]);
  await sql`update ops.projects set created_at = now() - interval '8 days'`;
  expect(await idle()).toEqual([org.projectId]);
  const build = await addBuild(service, org.production);
  expect(await idle()).toEqual([]);
  await sql`update ops.builds set created_at = now() - interval '8 days' where id = ${build.id}`;
  expect(await idle()).toEqual([org.projectId]);
});
