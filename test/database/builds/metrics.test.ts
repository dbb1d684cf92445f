import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, asMember } from './people.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const org = await addOrganisation(sql, 'acme');
const other = await addOrganisation(sql, 'other');
afterAll(() => database.drop());
beforeEach(async () => {
  await sql`delete from ops.metrics`;
  await sql`delete from ops.monitoring`;
});

interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly ts?: Date;
  readonly dims?: Record<string, string>;
}

async function record(samples: readonly Sample[], ts: Date | null = null): Promise<unknown> {
  const [row] = await service`
    select ops.record_metrics(${org.projectId}, ${JSON.stringify(samples)}::text::jsonb, ${org.production}, ${ts}) as inserted`;
  return row?.inserted;
}

const ago = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);

describe('samples', () => {
  it('are stored with their project, branch and dimensions', async () => {
    expect(
      await record([
        { metric: 'cpu_pct', value: 12.5, dims: { host: 'a' } },
        { metric: 'memory_pct', value: 40 },
      ]),
    ).toBe(2);
    const rows = await asMember(
      database,
      org.memberId,
      (member) =>
        member`select value, branch_id, dims from ops.project_metrics(${org.projectId}, 'cpu_pct', 1)`,
    );
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { value: 12.5, branch_id: org.production, dims: { host: 'a' } },
    ]);
  });

  it('too old to be kept, or of a clock far ahead, are left out', async () => {
    expect(
      await record([
        { metric: 'cpu_pct', value: 1, ts: ago(60 * 24 * 100) },
        { metric: 'cpu_pct', value: 2, ts: ago(-60 * 25) },
        { metric: 'cpu_pct', value: 3, ts: ago(5) },
      ]),
    ).toBe(1);
  });

  it('of a project or branch nobody knows are refused', async () => {
    const send = (project: string, branch: string | null) =>
      service`select ops.record_metrics(${project}, '[{"metric": "m", "value": 1}]', ${branch})`;
    await expect(send(crypto.randomUUID(), null)).rejects.toMatchObject({ code: 'PT404' });
    await expect(send(org.projectId, other.production)).rejects.toMatchObject({ code: 'PT404' });
    await expect(
      service`select ops.record_metrics(${org.projectId}, '{"metric": "m"}')`,
    ).rejects.toMatchObject({
      code: '22023',
    });
    await expect(
      service`select ops.record_metrics(${org.projectId}, '[{"metric": "m"}]')`,
    ).rejects.toMatchObject({
      code: '23502',
    });
  });

  it('are read in whole pages, many of one moment too', async () => {
    const moment = ago(10);
    await record(
      Array.from({ length: 23 }, (_, value) => ({ metric: 'cpu_pct', value })),
      moment,
    );
    const seen: number[] = [];
    let last: { ts: Date | null; id: string | null } = { ts: null, id: null };
    for (;;) {
      const rows: { ts: Date; id: string; value: number }[] = await service<
        { ts: Date; id: string; value: number }[]
      >`
        select ts, id, value from ops.project_metrics(${org.projectId}, 'cpu_pct', 1, null, ${last.ts}, ${last.id}, 10)`;
      seen.push(...rows.map((row) => row.value));
      const end = rows.at(-1);
      if (end === undefined) break;
      last = end;
    }
    expect(seen).toEqual(Array.from({ length: 23 }, (_, value) => value));
  });

  it('make a chart: average, least and most of each step', async () => {
    const slot = new Date(Math.floor(Date.now() / 300_000) * 300_000 - 600_000);
    await record(
      [2, 4, 9].map((value) => ({ metric: 'cpu_pct', value, ts: new Date(slot.getTime() + 1000) })),
    );
    const rows = await service`
      select * from ops.project_metric_series(${org.projectId}, 'cpu_pct', now() - interval '1 hour')`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { ts: slot, average: 5, minimum: 2, maximum: 9, samples: '3' },
    ]);
    await expect(
      service`select * from ops.project_metric_series(${org.projectId}, 'cpu_pct', now() - interval '90 days', p_step => '1 second')`,
    ).rejects.toMatchObject({ code: '22023' });
  });

  it('go with their project', async () => {
    const gone = await addOrganisation(sql, 'gone');
    await service`select ops.record_metrics(${gone.projectId}, '[{"metric": "m", "value": 1}]')`;
    await addBuild(service, gone.production);
    await sql`delete from ops.orgs where id = ${gone.orgId}`;
    for (const table of ['ops.metrics', 'ops.builds', 'ops.build_events', 'ops.branches']) {
      expect(await sql`select 1 from ${sql(table)} where org_id = ${gone.orgId}`, table).toEqual([]);
    }
  });

  it('are written by the function alone', async () => {
    await expect(
      service`insert into ops.metrics (ts, value, org_id, project_id, metric) values (now(), 1, ${other.orgId}, ${org.projectId}, 'm')`,
    ).rejects.toThrow('permission denied');
  });
});

describe('how a branch is', () => {
  const say = async (health: string, minutesAgo: number): Promise<unknown> =>
    (
      await service`
      select ops.upsert_monitoring(${org.production}, ${health}, p_cpu_pct => 50, p_observed_at => ${ago(minutesAgo)}) as written`
    )[0]?.written;

  it('is one row, as observed last, and news that was overtaken changes nothing', async () => {
    expect(await say('healthy', 10)).toBe(true);
    expect(await say('down', 5)).toBe(true);
    expect(await say('healthy', 7)).toBe(false);
    const rows = await sql`select health, cpu_pct, org_id, project_id from ops.monitoring`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { health: 'down', cpu_pct: 50, org_id: org.orgId, project_id: org.projectId },
    ]);
  });

  it('says since when', async () => {
    await say('degraded', 10);
    await say('degraded', 1);
    const [row] =
      await sql`select observed_at - changed_at as span, observed_at > changed_at + interval '8 minutes' as long from ops.monitoring`;
    expect(row?.long).toBe(true);
  });

  it('is one of a closed list of words', async () => {
    await expect(say('fine', 1)).rejects.toMatchObject({ code: '23514' });
  });
});

describe('an artifact', () => {
  it('recorded again is the same row, as said last', async () => {
    const build = await addBuild(service, org.production);
    const note = async (url: string): Promise<unknown> =>
      (await service`select artifact_id from ops.record_artifact(${build.id}, 'site.zip', 'file', ${url})`)[0]
        ?.artifact_id;
    const first = await note('https://example.com/1');
    expect(await note('https://example.com/2')).toBe(first);
    const rows = await asMember(
      database,
      org.memberId,
      (member) => member`select url, org_id from ops.build_artifacts(${build.id})`,
    );
    expect(rows.map((row) => ({ ...row }))).toEqual([{ url: 'https://example.com/2', org_id: org.orgId }]);
  });
});

describe('an upgrade', () => {
  const note = (status: string) =>
    service`select ops.record_upgrade(${org.projectId}, '18.0', '19.0', ${status}, p_evidence => '{"release": "x"}') as id`;

  it('found again keeps what people made of it', async () => {
    const [first] = await note('available');
    const [planned] = await note('planned');
    const [again] = await note('available');
    expect(new Set([first?.id, planned?.id, again?.id]).size).toBe(1);
    expect((await service`select status from ops.project_upgrades(${org.projectId})`)[0]?.status).toBe(
      'planned',
    );
  });

  it('knows when it began and ended', async () => {
    await note('running');
    await note('succeeded');
    const [row] =
      await sql`select started_at is not null as began, finished_at is not null as ended from ops.upgrades`;
    expect(row).toEqual({ began: true, ended: true });
  });
});
