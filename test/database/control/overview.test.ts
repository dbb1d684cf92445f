import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { asCaller, type Caller } from '../rls/session.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const api = postgres({
  ...database.connectAs(database.name, 'authenticator'),
  max: 2,
  onnotice: () => undefined,
});
afterAll(async () => {
  await api.end();
  await database.drop();
});

const member: Caller & { userId: string } = { role: 'authenticated', userId: randomUUID() };
const admin: Caller & { userId: string } = { role: 'authenticated', userId: randomUUID() };
const service: Caller = { role: 'service_role' };

interface Overview {
  readonly alerts: { readonly active: number; readonly latest: readonly unknown[] } | null;
  readonly cron: unknown;
  readonly queue: unknown;
  readonly batches: unknown;
  readonly builds: {
    readonly open: Record<string, number>;
    readonly last_24h: Record<string, number>;
    readonly orgs: readonly Record<string, unknown>[];
    readonly latest: readonly { readonly project: string }[];
  };
  readonly advisories: { readonly active: number; readonly worst: readonly { readonly title: string }[] };
  readonly runs: { readonly open: readonly unknown[] };
}
async function overview(caller: Caller): Promise<Overview> {
  const [row] = await asCaller(api, caller, (q) => q<{ page: Overview }[]>`select ops.overview() as page`);
  if (row === undefined) throw new Error('no overview');
  return row.page;
}

beforeAll(async () => {
  await sql`insert into ops.admins (user_id) values (${admin.userId})`;
  await sql`
    with orgs as (
      insert into ops.orgs (name, slug) values ('Acme', 'acme'), ('Other', 'other') returning id, slug
    )
    insert into ops.projects (org_id, name, slug) select id, slug || ' shop', slug || '-shop' from orgs`;
  await sql`insert into ops.org_members (org_id, user_id) select id, ${member.userId} from ops.orgs where slug = 'acme'`;
  await sql`insert into ops.branches (project_id, name, lane) select id, 'main', 'production' from ops.projects`;
  await sql`
    insert into ops.builds (branch_id, status, finished_at)
    select b.id, s.status, case when s.status not in ('queued', 'running') then now() end
    from ops.branches b cross join unnest(array['queued', 'running', 'succeeded', 'failed', 'failed']) as s (status)`;
  await sql`
    insert into ops.builds (id, branch_id, status, finished_at)
    select ops.id_floor(now() - interval '25 hours'), b.id, 'failed', now() from ops.branches b limit 1`;
  await sql`
    select ops.raise_advisory(p.id, 'no_recent_build', 'no_recent_build', 'No build for a week in ' || p.name) from ops.projects p`;
  await sql`select ops.raise_alert('k', 'one', 'critical', 'One'), ops.raise_alert('k', 'two', 'info', 'Two')`;
  await sql`select ops.record_migration_log('odoo', p_migrated => 1, p_remaining => 9)`;
  await sql`insert into ops.runs (env, created_by) values ('staging', ${member.userId}), ('staging', ${randomUUID()})`;
});

describe('the overview', () => {
  it('gives service_role everything in one call', async () => {
    const page = await overview(service);
    expect(page).toMatchObject({
      alerts: { active: 2, unacknowledged: 2, by_severity: { critical: 1, warning: 0, info: 1 } },
      cron: { findings: [] },
      queue: { types: [{ task_type: 'runbook_run', pending: 2 }] },
      batches: [{ batch: 'odoo', percent: 10 }],
      builds: {
        open: { queued: 2, dispatched: 0, running: 2 },
        last_24h: { total: 10, succeeded: 2, failed: 4, cancelled: 0 },
        orgs: [
          { slug: 'acme', projects: 1, open: 2, failed_24h: 2 },
          { slug: 'other', projects: 1, open: 2, failed_24h: 2 },
        ],
      },
      advisories: { active: 2, by_level: { warning: 2 } },
    });
    expect(page.alerts?.latest).toHaveLength(2);
    expect(page.runs.open).toHaveLength(2);
  });

  it('gives a member the numbers of their organisation and their runs, and nothing of the control room', async () => {
    const page = await overview(member);
    expect(page).toMatchObject({
      alerts: null,
      cron: null,
      queue: null,
      batches: null,
      builds: {
        open: { queued: 1, running: 1 },
        last_24h: { total: 5, failed: 2 },
        orgs: [{ slug: 'acme', projects: 1, open: 2, failed_24h: 2 }],
      },
      advisories: { active: 1 },
    });
    expect(new Set(page.builds.latest.map((build) => build.project))).toEqual(new Set(['acme shop']));
    expect(page.advisories.worst.map((advice) => advice.title)).toEqual(['No build for a week in acme shop']);
    expect(page.runs.open).toHaveLength(1);
  });

  it('gives an admin the control room, and builds of their own organisations only', async () => {
    const page = await overview(admin);
    expect(page).toMatchObject({
      alerts: { active: 2 },
      cron: { findings: [] },
      builds: { orgs: [], latest: [] },
    });
    expect(page.runs.open).toHaveLength(2);
  });

  it('gives anon nothing', async () => {
    await expect(overview({ role: 'anon' })).rejects.toMatchObject({ code: '42501' });
  });
});

describe('with much behind it', () => {
  beforeAll(async () => {
    await sql`
      insert into ops.builds (id, branch_id, status, finished_at)
      select ops.id_floor(now() - i * interval '2 minutes' - b.place * interval '1 second'), b.id, 'succeeded', now()
      from generate_series(800, 8000) i, (select id, row_number() over () as place from ops.branches) b`;
    await sql`
      insert into ops.alerts (kind, dedupe_key, severity, title, status, resolved_at)
      select 'k', 'old ' || i, 'info', 't', 'resolved', now() from generate_series(1, 20000) i`;
    await sql`vacuum analyze ops.builds`;
    await sql`vacuum analyze ops.alerts`;
  });

  /** Plans of what a function of the overview asks, as the functions themselves run it. */
  async function sequentialScans(caller: Caller, call: string): Promise<string[]> {
    const notices: string[] = [];
    const watched = postgres({
      ...database.connectAs(database.name, 'supabase_admin'),
      max: 1,
      onnotice: (notice) => notices.push(String(notice.message)),
    });
    try {
      await watched`load 'auto_explain'`;
      await watched.unsafe(`
        set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on; set client_min_messages = log`);
      await asCaller(watched, caller, (q) => q.unsafe(`select ${call}`));
    } finally {
      await watched.end();
    }
    return notices.flatMap(
      (text) => text.match(/Seq Scan on (?:builds|alerts|alert_events|run_events\w*)\b/g) ?? [],
    );
  }

  it.each([service, member])('history is never read from end to end ($role)', async (caller) => {
    for (const call of ['ops.alerts_overview()', 'ops.builds_overview()', 'ops.runs_overview()']) {
      expect(await sequentialScans(caller, call), call).toEqual([]);
    }
  });

  it('a list that does would be seen', async () => {
    expect(await sequentialScans(service, 'count(*) from ops.alerts where title = $$x$$')).toEqual([
      'Seq Scan on alerts',
    ]);
  });
});
