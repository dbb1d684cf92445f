/**
 * Which indexes the lists read, with enough rows that it matters. What a statement did is asked from the server's own
 * counters of the transaction, after enough calls that plpgsql has gone over to its generic plans.
 */
import type { TransactionSql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type Filled, fillBuilds } from './many-builds.ts';
import { asMember } from './people.ts';

let database: TestDatabase;
let filled: Filled;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  filled = await fillBuilds(database.superuser, {
    orgs: 20,
    projectsPerOrg: 25,
    branchesPerProject: 4,
    builds: 20_000,
    events: 40_000,
    deepLog: 10_000,
    samples: 20_000,
    advisories: 5_000,
  });
});
afterAll(() => database.drop());

const calls = 8;

interface Reads {
  /** Indexes of ops that were read, partitions under the name of their parent's. */
  readonly indexes: readonly string[];
  /** Tables of ops that were read from end to end. */
  readonly wholeTables: readonly string[];
}

async function readsOf(call: (sql: TransactionSql) => Promise<unknown>): Promise<Reads> {
  return asMember(database, filled.member, async (sql) => {
    for (let round = 0; round < calls; round += 1) await call(sql);
    const indexes = await sql<{ name: string }[]>`
      select distinct coalesce(p.relname, c.relname)::text as name
      from pg_class c
      left join pg_inherits i on i.inhrelid = c.oid
      left join pg_class p on p.oid = i.inhparent
      where c.relkind = 'i' and c.relnamespace = 'ops'::regnamespace and pg_stat_get_xact_numscans(c.oid) > 0
      order by 1`;
    const tables = await sql<{ relname: string }[]>`
      select t.relname::text from pg_stat_xact_all_tables t where t.schemaname = 'ops' and t.seq_scan > 0 order by 1`;
    return { indexes: indexes.map((row) => row.name), wholeTables: tables.map((row) => row.relname) };
  });
}

const membership = ['org_members_user_id'];
const lists: Readonly<
  Record<string, { call: (sql: TransactionSql) => Promise<unknown>; indexes: readonly string[] }>
> = {
  list_projects: {
    call: (sql) => sql`select * from ops.list_projects()`,
    indexes: ['branches_lane', 'builds_project', 'projects_name'],
  },
  project_branches: {
    call: (sql) => sql`select * from ops.project_branches(${filled.projects[0] ?? ''})`,
    indexes: ['branches_lane', 'builds_branch', 'monitoring_pkey'],
  },
  branch_builds: {
    call: (sql) => sql`select * from ops.branch_builds(${filled.branches[0] ?? ''})`,
    indexes: ['builds_branch'],
  },
  project_builds: {
    call: (sql) => sql`select * from ops.project_builds(${filled.projects[0] ?? ''})`,
    indexes: ['builds_project'],
  },
  build_logs: {
    call: (sql) => sql`select * from ops.build_logs(${filled.deep}, 1, 5000, 200)`,
    indexes: ['build_events_pkey'],
  },
  build_log_since: {
    call: (sql) => sql`select * from ops.build_log_since(${filled.deep}, 0, 1, 5000, 200)`,
    indexes: ['build_events_pkey'],
  },
  build_log_tail: {
    call: (sql) => sql`select * from ops.build_log_tail(${filled.deep})`,
    indexes: ['build_events_pkey'],
  },
  project_metrics: {
    call: (sql) => sql`select * from ops.project_metrics(${filled.projects[0] ?? ''}, 'cpu_pct', 24)`,
    indexes: ['metrics_pkey'],
  },
  list_advisories: {
    call: (sql) => sql`select * from ops.list_advisories(${filled.projects[0] ?? ''})`,
    indexes: ['advisories_page'],
  },
};

describe.each(Object.keys(lists))('ops.%s, as a member', (name) => {
  it('reads by its indexes, and no table from end to end', async () => {
    const list = lists[name];
    if (list === undefined) throw new Error(name);
    expect(await readsOf(list.call)).toEqual({
      indexes: [...list.indexes, ...membership].sort(),
      wholeTables: [],
    });
  });
});

interface LatePage {
  readonly table: string;
  /** Asks for `first` rows, or for `rest` rows after a row in the middle; answers how many came. */
  readonly first: (sql: TransactionSql) => Promise<readonly Row[]>;
  readonly after: (sql: TransactionSql, last: Row) => Promise<readonly Row[]>;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly lane: string;
  readonly ts: Date;
  readonly level_rank: number;
  readonly attempt: number;
  readonly seq: number;
}

const latePages: Readonly<Record<string, LatePage>> = {
  project_branches: {
    table: 'branches',
    first: (sql) => sql<Row[]>`select * from ops.project_branches(${filled.projects[0] ?? ''}, p_limit => 2)`,
    after: (sql, { lane, name }) =>
      sql<Row[]>`select * from ops.project_branches(${filled.projects[0] ?? ''}, ${lane}, ${name}, 1)`,
  },
  branch_builds: {
    table: 'builds',
    first: (sql) => sql<Row[]>`select * from ops.branch_builds(${filled.branches[0] ?? ''}, p_limit => 6)`,
    after: (sql, { id }) =>
      sql<Row[]>`select * from ops.branch_builds(${filled.branches[0] ?? ''}, ${id}, 3)`,
  },
  project_builds: {
    table: 'builds',
    first: (sql) => sql<Row[]>`select * from ops.project_builds(${filled.projects[0] ?? ''}, p_limit => 20)`,
    after: (sql, { id }) =>
      sql<Row[]>`select * from ops.project_builds(${filled.projects[0] ?? ''}, ${id}, 3)`,
  },
  build_logs: {
    table: 'build_events',
    first: (sql) => sql<Row[]>`select * from ops.build_logs(${filled.deep}, p_limit => 9000)`,
    after: (sql, { attempt, seq }) =>
      sql<Row[]>`select * from ops.build_logs(${filled.deep}, ${attempt}, ${seq}, 200)`,
  },
  project_metrics: {
    table: 'metrics',
    first: (sql) =>
      sql<
        Row[]
      >`select * from ops.project_metrics(${filled.projects[0] ?? ''}, 'cpu_pct', 24, p_limit => 20)`,
    after: (sql, { ts, id }) =>
      sql<
        Row[]
      >`select * from ops.project_metrics(${filled.projects[0] ?? ''}, 'cpu_pct', 24, null, ${ts}, ${id}, 3)`,
  },
  list_advisories: {
    table: 'advisories',
    first: (sql) => sql<Row[]>`select * from ops.list_advisories(${filled.projects[0] ?? ''}, p_limit => 5)`,
    after: (sql, last) =>
      sql<
        Row[]
      >`select * from ops.list_advisories(${filled.projects[0] ?? ''}, 'active', ${last.level_rank}, ${last.id}, 3)`,
  },
};

/** Rows of a table, partitions included, that the transaction has fetched so far. */
async function fetched(sql: TransactionSql, table: string): Promise<number> {
  const [row] = await sql<{ rows: string }[]>`
    select sum(t.seq_tup_read + t.idx_tup_fetch) as rows
    from pg_stat_xact_all_tables t
    where t.relid = ${`ops.${table}`}::regclass
      or t.relid in (select i.inhrelid from pg_inherits i where i.inhparent = ${`ops.${table}`}::regclass)`;
  return Number(row?.rows);
}

describe.each(Object.keys(latePages))('a late page of ops.%s', (name) => {
  it('reads the rows it shows and none of the pages before', async () => {
    const page = latePages[name];
    if (page === undefined) throw new Error(name);
    await asMember(database, filled.member, async (sql) => {
      const last = (await page.first(sql)).at(-1);
      if (last === undefined) throw new Error('no rows');
      const before = await fetched(sql, page.table);
      const rows = await page.after(sql, last);
      // A page is full before the index has told its last row, and merging partitions looks one row ahead in each.
      expect(rows.length).toBeGreaterThan(0);
      expect((await fetched(sql, page.table)) - before).toBeLessThanOrEqual(rows.length + 3);
    });
  });
});

it('a list without its index is noticed', async () => {
  await database.sql`drop index ops.advisories_page`;
  const reads = await readsOf((sql) => sql`select * from ops.list_advisories(${filled.projects[0] ?? ''})`);
  await database.sql`create index advisories_page on ops.advisories (project_id, level_rank desc, id desc)`;
  expect(reads.indexes).not.toContain('advisories_page');
});
