import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation } from './people.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const org = await addOrganisation(sql, 'acme');
afterAll(() => database.drop());
beforeEach(async () => {
  await sql`delete from ops.upgrades`;
  await sql`delete from ops.advisories`;
  await database.superuser`delete from ops.builds`;
  await database.superuser`delete from ops.queued_jobs`;
  await database.superuser`delete from ops.job_leases`;
  await sql`update ops.projects set archived_at = null`;
});

interface Found {
  readonly version?: string;
  readonly status?: string;
  readonly build?: string;
  /** Days since it was recorded. */
  readonly age?: number;
}

/** As whoever builds records it, some days ago. */
async function record({ version = '25', status = 'available', build, age = 0 }: Found = {}): Promise<string> {
  const [row] = await service<{ id: string }[]>`
    select ops.record_upgrade(${org.projectId}, '24', ${version}, ${status}, p_build_id => ${build ?? null}) as id`;
  await sql`
    update ops.upgrades set created_at = created_at - make_interval(days => ${age}) where id = ${row?.id ?? ''}`;
  return row?.id ?? '';
}

const scan = () => service`select ops.scan_advisories(p_quiet_days => 9999, p_upgrade_days => 14)`;

const advice = async () => [
  ...(await sql`
    select a.title, a.resolved_at is null as open, a.evidence ->> 'status' as status, a.reopened_count as reopened
    from ops.advisories a where a.name = 'unapplied_upgrade'`),
];

/** A build that runs and ends so. */
async function endBuild(status: string, begun: (build: string) => Promise<unknown>): Promise<void> {
  const { id } = await addBuild(sql, org.staging);
  const [claimed] = await service<{ lease_token: string }[]>`select * from ops.claim_next_run('runner')`;
  await begun(id);
  await service`select ops.set_build_status(${id}, ${status}, p_lease_token => ${claimed?.lease_token ?? null})`;
}

describe('an upgrade a build recorded', () => {
  it('becomes advice when it has waited, once, and knows its advice', async () => {
    const { id: build } = await addBuild(sql, org.staging);
    const upgrade = await record({ build, age: 13 });
    await scan();
    expect(await advice()).toEqual([]);

    await sql`update ops.upgrades set created_at = created_at - interval '2 days'`;
    await scan();
    await scan();
    expect(await advice()).toEqual([
      { title: 'runtime 25 is waiting to be applied', open: true, status: 'available', reopened: 0 },
    ]);
    expect(
      await sql`select a.name from ops.upgrades u join ops.advisories a on a.id = u.advisory_id where u.id = ${upgrade}`,
    ).toEqual([{ name: 'unapplied_upgrade' }]);
  });

  it('is done when the build that carries it out succeeds, and its advice is resolved at once', async () => {
    await record({ age: 20 });
    await scan();
    await endBuild('succeeded', (build) => record({ status: 'running', build }));
    expect(await sql`select status, finished_at is not null as finished from ops.upgrades`).toEqual([
      { status: 'succeeded', finished: true },
    ]);
    expect(await advice()).toMatchObject([{ open: false }]);
    await scan();
    expect(await advice()).toMatchObject([{ open: false, reopened: 0 }]);
  });

  it('that was tried and failed still waits, and its advice says so', async () => {
    await record({ age: 20 });
    await scan();
    await endBuild('failed', (build) => record({ status: 'running', build }));
    expect(await advice()).toMatchObject([{ open: true }]);
    await scan();
    expect(await advice()).toMatchObject([{ open: true, status: 'failed', reopened: 0 }]);
  });

  it('is planned again when its build was cancelled, and keeps its advice while one runs', async () => {
    await record({ age: 20 });
    await endBuild('cancelled', async (build) => {
      await record({ status: 'running', build });
      await scan();
      expect(await advice()).toMatchObject([{ open: true, status: 'running' }]);
    });
    expect(await sql`select status from ops.upgrades`).toEqual([{ status: 'planned' }]);
  });

  it('is not touched by a build that only found it', async () => {
    await endBuild('succeeded', (build) => record({ build }));
    expect(await sql`select status from ops.upgrades`).toEqual([{ status: 'available' }]);
  });

  it('needs no advice any more once somebody dismissed it, or a later one was applied', async () => {
    await record({ age: 20 });
    await scan();
    await record({ status: 'dismissed' });
    expect(await advice()).toMatchObject([{ open: false }]);

    await record({ version: '26', age: 20 });
    await scan();
    expect(await advice()).toMatchObject([{ open: true, reopened: 1 }]);
    await record({ version: '27', status: 'succeeded' });
    expect(await advice()).toMatchObject([{ open: false }]);
    await scan();
    expect(await advice()).toMatchObject([{ open: false }]);
  });
});

describe('an archived project', () => {
  it('gets no advice, and loses what it had', async () => {
    await record({ age: 20 });
    await sql`update ops.projects set created_at = now() - interval '60 days'`;
    await service`select ops.scan_advisories()`;
    const open = () =>
      sql`select name from ops.advisories where resolved_at is null and project_id = ${org.projectId} order by name`;
    expect(await open()).toEqual([{ name: 'no_recent_build' }, { name: 'unapplied_upgrade' }]);

    await service`select ops.archive_project('acme/app')`;
    await service`select ops.scan_advisories()`;
    expect(await open()).toEqual([]);
    expect(await service`select slug from ops.list_projects()`).toEqual([]);
  });

  it('or branch is no row of a page, and its failures are nobody’s any more', async () => {
    for (let round = 0; round < 3; round += 1) await endBuild('failed', async () => undefined);
    const failing = () =>
      sql`select name from ops.advisories where resolved_at is null and name = 'failing_branch'`;
    await scan();
    expect(await failing()).toHaveLength(1);
    await sql`update ops.branches set archived_at = now() where id = ${org.staging}`;
    await scan();
    expect(await failing()).toEqual([]);
    expect(
      (await service`select name from ops.project_branches(${org.projectId})`).map(({ name }) => name),
    ).toEqual(['main', 'dev']);
    await sql`update ops.branches set archived_at = null`;
  });
});
