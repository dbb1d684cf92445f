/** The people and projects of these tests, and sessions that speak for them. */
import type { Sql, TransactionSql } from 'postgres';
import { z } from 'zod';
import type { TestDatabase } from '../../support/database.ts';

/** Runs `act` in a transaction as a signed-in user, with the claims as PostgREST sets them. */
export async function asMember<Result>(
  database: TestDatabase,
  userId: string,
  act: (sql: TransactionSql) => Promise<Result>,
): Promise<Result> {
  const session = database.as('authenticated');
  try {
    const kept = await session.begin(async (sql) => {
      await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: userId, role: 'authenticated' })}, true)`;
      return { result: await act(sql) };
    });
    return kept.result;
  } finally {
    await session.end();
  }
}

/** One organisation with a member, a project and a branch in each lane. */
export interface Organisation {
  readonly orgId: string;
  readonly memberId: string;
  readonly projectId: string;
  readonly production: string;
  readonly staging: string;
  readonly development: string;
}

const Ids = z.tuple([z.object({ id: z.uuid() })]);

/** @param sql as service_role or the owner. */
export async function addOrganisation(sql: Sql, slug: string): Promise<Organisation> {
  const [org] = Ids.parse([
    ...(await sql`insert into ops.orgs (name, slug) values (${slug}, ${slug}) returning id`),
  ]);
  const memberId = crypto.randomUUID();
  await sql`insert into ops.org_members (org_id, user_id) values (${org.id}, ${memberId})`;
  const [project] = Ids.parse([
    ...(await sql`
      insert into ops.projects (org_id, name, slug, repo_url, workflow)
      values (${org.id}, ${`Project of ${slug}`}, 'app', ${`https://github.com/${slug}/app`}, 'build.yml') returning id`),
  ]);
  const branch = async (name: string, lane: string): Promise<string> =>
    Ids.parse([
      ...(await sql`
        insert into ops.branches (project_id, name, lane) values (${project.id}, ${name}, ${lane}) returning id`),
    ])[0].id;
  return {
    orgId: org.id,
    memberId,
    projectId: project.id,
    production: await branch('main', 'production'),
    staging: await branch('staging', 'staging'),
    development: await branch('dev', 'development'),
  };
}

/** A build of a branch, from its trigger. */
export async function addBuild(
  sql: Sql | TransactionSql,
  branchId: string,
): Promise<{ id: string; queueId: string }> {
  const [row] = await sql<
    { build_id: string; queue_id: string }[]
  >`select build_id, queue_id from ops.create_build(${branchId})`;
  return { id: row?.build_id ?? '', queueId: row?.queue_id ?? '' };
}

/** What a runner holds after a claim. */
export interface Claim {
  readonly buildId: string;
  readonly attempt: number;
  readonly token: string;
}

/** Takes the next build; null when none is due. */
export async function claim(sql: Sql, runner = 'runner-1', lease = '5 minutes'): Promise<Claim | null> {
  const [row] = await sql<{ build_id: string; attempt: number; lease_token: string }[]>`
    select build_id, attempt, lease_token from ops.claim_next_run(${runner}, ${lease}::interval)`;
  return row === undefined ? null : { buildId: row.build_id, attempt: row.attempt, token: row.lease_token };
}
