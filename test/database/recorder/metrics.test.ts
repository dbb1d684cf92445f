import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, asMember } from '../builds/people.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const org = await addOrganisation(sql, 'acme');
const other = await addOrganisation(sql, 'other');
afterAll(() => database.drop());
beforeEach(async () => {
  await sql`truncate ops.metrics, ops.metric_minutes, ops.metric_hours, ops.metric_marks`;
});

const HOUR = 3_600_000;
/** The start of an hour, long enough ago to be whole. */
const hour = new Date(Math.floor(Date.now() / HOUR) * HOUR - 30 * HOUR);
const at = (minutes: number, seconds = 0): Date =>
  new Date(hour.getTime() + minutes * 60_000 + seconds * 1000);

async function record(
  samples: readonly { value: number; ts: Date; dims?: Record<string, string> }[],
): Promise<void> {
  const text = JSON.stringify(samples.map((sample) => ({ metric: 'cpu_pct', ...sample })));
  await service`select ops.record_metrics(${org.projectId}, ${text}::text::jsonb, ${org.production})`;
}
const rollUp = () => sql`select ops.roll_up_metrics() as report`;
const minutes = () => sql`
  select ts, samples::int, total, minimum, maximum, dims from ops.metric_minutes order by ts, dims::text`;
const hours = () => sql`select ts, samples::int, total, minimum, maximum from ops.metric_hours order by ts`;

describe('samples', () => {
  it('become a row a minute and a row an hour, each series apart', async () => {
    await record([
      { value: 2, ts: at(0, 1) },
      { value: 4, ts: at(0, 59) },
      { value: 9, ts: at(1) },
      { value: 100, ts: at(1), dims: { host: 'b' } },
    ]);
    await rollUp();
    expect((await minutes()).map((row) => ({ ...row }))).toEqual([
      { ts: at(0), samples: 2, total: 6, minimum: 2, maximum: 4, dims: {} },
      { ts: at(1), samples: 1, total: 100, minimum: 100, maximum: 100, dims: { host: 'b' } },
      { ts: at(1), samples: 1, total: 9, minimum: 9, maximum: 9, dims: {} },
    ]);
    expect((await hours()).map(({ samples, total }) => [samples, total]).sort()).toEqual([
      [1, 100],
      [3, 15],
    ]);
  });

  it('that come late, or twice as often, correct what was there', async () => {
    await record([{ value: 1, ts: at(5) }]);
    await rollUp();
    expect((await rollUp())[0]?.report).toEqual({ minutes: 0, hours: 0, waiting: 0 });
    await record([
      { value: 7, ts: at(5, 30) },
      { value: 3, ts: at(59) },
    ]);
    await rollUp();
    await rollUp();
    expect((await minutes()).map(({ ts, samples, total }) => [ts, samples, total])).toEqual([
      [at(5), 2, 8],
      [at(59), 1, 3],
    ]);
    expect((await hours()).map((row) => ({ ...row }))).toEqual([
      { ts: at(0), samples: 3, total: 11, minimum: 1, maximum: 7 },
    ]);
  });

  it('that are committed after a pass began are summed by the next', async () => {
    const slow = database.as('service_role');
    let release: () => void = () => undefined;
    const held = slow.begin(async (tx) => {
      await tx`select ops.record_metrics(${org.projectId}, ${`[{"metric": "cpu_pct", "value": 5, "ts": "${at(2).toISOString()}"}]`}::text::jsonb)`;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await record([{ value: 1, ts: at(2) }]);
    await rollUp();
    release();
    await held;
    await rollUp();
    expect(
      (await sql`select sum(samples)::int as samples, sum(total) as total from ops.metric_minutes`)[0],
    ).toEqual({ samples: 2, total: 6 });
  });

  it('are summed right by many writers and passes at once', async () => {
    await Promise.all([
      ...Array.from({ length: 40 }, (_, index) => record([{ value: index, ts: at(index % 4) }])),
      ...Array.from({ length: 10 }, rollUp),
    ]);
    await rollUp();
    expect((await hours()).map(({ samples, total }) => [samples, total])).toEqual([[40, 780]]);
  });

  it('go with their project, sums and all', async () => {
    const gone = await addOrganisation(sql, 'gone');
    await service`select ops.record_metrics(${gone.projectId}, '[{"metric": "m", "value": 1}]')`;
    await rollUp();
    await service`select ops.record_metrics(${gone.projectId}, '[{"metric": "m", "value": 1}]')`;
    await sql`delete from ops.orgs where id = ${gone.orgId}`;
    for (const table of ['metric_minutes', 'metric_hours', 'metric_marks']) {
      expect(await sql`select 1 from ops.${sql(table)} where project_id = ${gone.projectId}`, table).toEqual(
        [],
      );
    }
  });
});

describe('a range of time', () => {
  it('is read by samples, minutes or hours, as it is long', async () => {
    const recent = new Date(Date.now() - 60_000);
    await record([
      { value: 1, ts: recent },
      { value: 3, ts: recent },
      { value: 10, ts: at(0) },
      { value: 20, ts: at(0, 30) },
      { value: 60, ts: at(1) },
    ]);
    await rollUp();
    const values = async (range: number) =>
      (await service`select value from ops.project_metrics(${org.projectId}, 'cpu_pct', ${range})`).map(
        ({ value }) => value,
      );
    expect(await values(24)).toEqual([1, 3]);
    expect(await values(48)).toEqual([15, 60, 2]);
    expect(await values(24 * 30)).toEqual([30, 2]);
  });

  it('makes the same chart whatever it is read by', async () => {
    await record(Array.from({ length: 300 }, (_, index) => ({ value: index % 17, ts: at(0, index * 24) })));
    await rollUp();
    const chart = (from: string) => service`
      select ts, average, minimum, maximum, samples from ops.project_metric_series(
        ${org.projectId}, 'cpu_pct', now() - ${from}::interval, now(), '1 hour')`;
    const bySample = await service`
      select date_bin('1 hour', ts, 'epoch') as ts, avg(value) as average, min(value) as minimum, max(value) as maximum, count(*) as samples
      from ops.metrics group by 1 order by 1`;
    expect([...(await chart('3 days'))]).toEqual([...bySample]);
    expect([...(await chart('30 days'))]).toEqual([...bySample]);
  });

  it('is paged by minute without losing a row', async () => {
    await record(Array.from({ length: 25 }, (_, index) => ({ value: index, ts: at(index) })));
    await rollUp();
    const seen: number[] = [];
    let last: { ts: Date | null; id: string | null } = { ts: null, id: null };
    for (;;) {
      const rows: { ts: Date; id: string; value: number }[] = await service<
        { ts: Date; id: string; value: number }[]
      >`
        select ts, id, value from ops.project_metrics(${org.projectId}, 'cpu_pct', 100, null, ${last.ts}, ${last.id}, 10)`;
      seen.push(...rows.map(({ value }) => value));
      const end = rows.at(-1);
      if (end === undefined) break;
      last = end;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index));
  });

  it('says what happened meanwhile, to members of the project alone', async () => {
    const { id } = await addBuild(service, org.production);
    await sql`
      insert into ops.reconciliations (environment, actor, commit_sha, result, counts)
      values ('production', 'ada', 'abc1234', 'applied', '{"update": 2}'), ('production', 'ada', null, 'nothing_to_do', '{}')`;
    await sql`insert into ops.cron_changes (jobid, jobname, action, after, actor) values (1, 'nightly', 'toggle', '{}', 'postgres')`;
    const read = (userId: string) =>
      asMember(
        database,
        userId,
        (member) =>
          member`select kind, title, build_id from ops.metric_annotations(${org.projectId}, now() - interval '1 hour', now() + interval '1 minute')`,
      );
    expect(
      (await read(org.memberId)).map((row) => ({ ...row })).sort((a, b) => a.kind.localeCompare(b.kind)),
    ).toEqual([
      { kind: 'build', title: 'main queued', build_id: id },
      { kind: 'schedule_by_hand', title: 'nightly toggle by hand', build_id: null },
      { kind: 'schedules', title: 'schedules applied to production', build_id: null },
    ]);
    expect(await read(other.memberId)).toEqual([]);
  });
});
