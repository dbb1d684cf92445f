import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addOrganisation, asMember, type Organisation } from './people.ts';

interface Report {
  readonly made: string[];
  readonly moved: number;
  readonly expired: string[];
  readonly skipped: string[];
  readonly in_default: number;
}

let database: TestDatabase;
let org: Organisation;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  org = await addOrganisation(database.sql, 'acme');
});
afterAll(() => database.drop());

async function maintain(table: string, now: string): Promise<Report> {
  const [row] = await database.sql<{ report: Record<string, Report> }[]>`
    select ops.maintain_partitions(${table}, ${now}::timestamptz) as report`;
  const report = row?.report[table];
  if (report === undefined) throw new Error(`no report of ${table}`);
  return report;
}

async function names(table: string): Promise<string[]> {
  const rows = await database.sql<{ name: string }[]>`select name from ops.list_partitions(${table})`;
  return rows.map((row) => row.name);
}

/** A build of a moment, with one line of log. */
async function buildAt(at: string): Promise<string> {
  const [row] = await database.sql<{ id: string }[]>`
    insert into ops.builds (id, branch_id, attempt) values (ops.id_floor(${at}::timestamptz), ${org.production}, 1) returning id`;
  const id = row?.id ?? '';
  await database.sql`
    insert into ops.build_events (build_id, org_id, attempt, seq, message) values (${id}, ${org.orgId}, 1, 1, 'hello')`;
  return id;
}

async function partitionOf(buildId: string): Promise<string | undefined> {
  const rows = await database.sql<{ name: string }[]>`
    select tableoid::regclass::text as name from ops.build_events where build_id = ${buildId}`;
  return rows[0]?.name;
}

describe('migrations', () => {
  it('leave the current partitions, two ahead and a default', async () => {
    const [month] = await database.sql<{ names: string[] }[]>`
      select array_agg('build_events_p' || to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => n), 'YYYYMMDD') order by n) as names
      from generate_series(0, 2) n`;
    expect(await names('build_events')).toEqual([...(month?.names ?? []), 'build_events_default']);
    expect(await names('metrics')).toHaveLength(4);
  });

  it('leave partitions nobody enters but through their table', async () => {
    const open = await database.sql`
      select c.relname from pg_class c
      where c.relispartition and c.relkind = 'r' and c.relnamespace = 'ops'::regnamespace
        and (not c.relrowsecurity or exists (
          select from aclexplode(c.relacl) g where g.grantee <> c.relowner
        ))`;
    expect(open).toEqual([]);
  });
});

describe('upkeep', () => {
  it('changes nothing when there is nothing to do', async () => {
    await database.sql`select ops.maintain_partitions()`;
    const [row] = await database.sql`select ops.maintain_partitions() as report`;
    const reports = Object.values<Report>(row?.report);
    expect(reports).not.toEqual([]);
    for (const report of reports) {
      expect(report).toEqual({ made: [], moved: 0, expired: [], skipped: [], in_default: 0 });
    }
  });

  it('makes what comes, and moves what had no partition out of the default one', async () => {
    const id = await buildAt('2031-05-10T10:00:00Z');
    expect(await partitionOf(id)).toBe('ops.build_events_default');
    const report = await maintain('build_events', '2031-05-15T00:00:00Z');
    expect(report.made).toEqual([
      'build_events_p20310501',
      'build_events_p20310601',
      'build_events_p20310701',
    ]);
    expect(report).toMatchObject({ moved: 1, in_default: 0 });
    expect(await partitionOf(id)).toBe('ops.build_events_p20310501');
    const rows = await asMember(
      database,
      org.memberId,
      (sql) => sql`select message from ops.build_logs(${id})`,
    );
    expect(rows.map((row) => row.message)).toEqual(['hello']);
    await expect(
      database.sql`insert into ops.build_events (build_id, org_id, attempt, seq, message) values (${id}, ${org.orgId}, 1, 1, 'again')`,
    ).rejects.toMatchObject({ code: '23505' });
  });

  it('catches up after it was away, also for months that have passed', async () => {
    const id = await buildAt('2032-01-31T23:59:59.999Z');
    const report = await maintain('build_events', '2032-03-10T00:00:00Z');
    expect(report.made).toEqual([
      'build_events_p20320101',
      'build_events_p20320301',
      'build_events_p20320401',
      'build_events_p20320501',
    ]);
    expect(await partitionOf(id)).toBe('ops.build_events_p20320101');
  });

  it('lets go of partitions older than kept, and of no other', async () => {
    const id = await buildAt('2032-01-01T00:00:00Z');
    expect(await partitionOf(id)).toBe('ops.build_events_p20320101');
    // 90 days after the end of January is the last of April.
    expect((await maintain('build_events', '2032-04-30T23:59:59Z')).expired).not.toContain(
      'build_events_p20320101',
    );
    expect((await maintain('build_events', '2032-05-01T00:00:00Z')).expired).toContain(
      'build_events_p20320101',
    );
    expect(await partitionOf(id)).toBeUndefined();
    expect(await names('build_events')).not.toContain('build_events_p20320101');
  });

  it('may keep what it lets go of as tables of their own', async () => {
    await database.sql`update ops.partitioned_tables set on_expiry = 'detach' where name = 'metrics'`;
    const before = await names('metrics');
    const report = await maintain('metrics', '2040-01-01T00:00:00Z');
    await database.sql`update ops.partitioned_tables set on_expiry = 'drop' where name = 'metrics'`;
    expect(report.expired).toEqual(before.filter((name) => name !== 'metrics_default'));
    for (const name of report.expired) {
      expect(await database.sql`select to_regclass(${`ops.${name}`}) is not null as kept`).toEqual([
        { kept: true },
      ]);
      await expect(database.as('service_role')`select * from ${database.sql(`ops.${name}`)}`).rejects.toThrow(
        'permission denied',
      );
    }
  });

  it('follows a change of the step without a gap', async () => {
    await maintain('build_events', '2033-01-15T00:00:00Z');
    await database.sql`update ops.partitioned_tables set step = '1 week' where name = 'build_events'`;
    await maintain('build_events', '2033-03-28T00:00:00Z');
    await database.sql`update ops.partitioned_tables set step = '1 month' where name = 'build_events'`;
    await maintain('build_events', '2033-04-15T00:00:00Z');
    const rows = await database.sql<{ name: string; starts_at: Date; ends_at: Date }[]>`
      select name, starts_at, ends_at from ops.list_partitions('build_events')
      where starts_at >= '2033-01-01' order by starts_at`;
    expect(rows.length).toBeGreaterThan(4);
    for (const [index, row] of rows.entries()) {
      expect(row.ends_at.getTime(), row.name).toBeGreaterThan(row.starts_at.getTime());
      const next = rows[index + 1];
      if (next !== undefined) expect(next.starts_at, row.name).toEqual(row.ends_at);
    }
    expect(rows.some((row) => row.ends_at.getTime() - row.starts_at.getTime() === 7 * 86_400_000)).toBe(true);
  });

  it('leaves a partition somebody reads alone, says so, and takes it the next time', async () => {
    const id = await buildAt('2034-01-10T00:00:00Z');
    await maintain('build_events', '2034-01-10T00:00:00Z');
    const reader = database.as('postgres');
    await reader.begin(async (sql) => {
      await sql`select * from ops.build_events where build_id = ${id}`;
      const report = await maintain('build_events', '2034-06-10T00:00:00Z');
      expect(report.skipped).toContain('build_events_p20340101');
    });
    await reader.end();
    expect((await maintain('build_events', '2034-06-10T00:00:00Z')).expired).toContain(
      'build_events_p20340101',
    );
  });

  it('is done once when it is asked for twice at the same moment', async () => {
    const sessions = Array.from({ length: 4 }, () => database.as('postgres'));
    const reports = await Promise.all(
      sessions.map(
        (session) => session<{ report: Record<string, Report> }[]>`
        select ops.maintain_partitions('build_events', '2036-02-10T00:00:00Z') as report`,
      ),
    );
    const made = reports.flatMap((rows) => rows[0]?.report.build_events?.made ?? []);
    expect(made.sort()).toEqual([
      'build_events_p20360201',
      'build_events_p20360301',
      'build_events_p20360401',
    ]);
  });

  it('leaves rows of a wrong clock where they are, and counts them', async () => {
    const id = await buildAt('2060-01-01T00:00:00Z');
    expect(await maintain('build_events', '2036-02-10T00:00:00Z')).toMatchObject({ made: [], in_default: 1 });
    expect(await partitionOf(id)).toBe('ops.build_events_default');
  });
});

it('writers go on while partitions are made for the very rows they write', async () => {
  const days = Array.from(
    { length: 12 },
    (_, index) => `2047-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`,
  );
  const builds = await Promise.all(days.map(buildAt));
  let going = true;
  const writing = [2, 3].map(async (attempt) => {
    const writer = database.as('postgres');
    let written = 0;
    while (going) {
      const build = builds[written % builds.length] ?? '';
      written += 1;
      await writer`
        insert into ops.build_events (build_id, org_id, attempt, seq, message)
        values (${build}, ${org.orgId}, ${attempt}, ${written}, 'line')`;
    }
    return written;
  });
  for (const day of days) {
    await database.sql`select ops.create_partition('build_events', ${day}::timestamptz, ${day}::timestamptz + interval '1 day')`;
  }
  going = false;
  const written = (await Promise.all(writing)).reduce((sum, each) => sum + each, 0);
  const [kept] = await database.sql<{ lines: string }[]>`
    select count(*) as lines from ops.build_events where build_id = any (${database.sql.array(builds)}::uuid[]) and attempt > 1`;
  expect(Number(kept?.lines)).toBe(written);
  const homes = await Promise.all(builds.map(partitionOf));
  expect(homes).toEqual(days.map((day) => `ops.build_events_p${day.slice(0, 10).replaceAll('-', '')}`));
});
