/** At least one row of organisation A in every table. */
import type { Sql } from 'postgres';
import { orgs, people, rows } from './actors.ts';
import type { Relation } from './catalog.ts';
import { factories, factoryOf } from './factories.ts';

/** Seeds as the owner of the tables. @throws Error that names a table without a factory, or one its factory left empty. */
export async function seedRows(sql: Sql, relations: readonly Relation[]): Promise<void> {
  const tables = relations.filter((relation) => relation.kind === 'table');
  const missing = tables.filter((table) => factoryOf(table) === undefined).map((table) => table.name);
  if (missing.length > 0) throw new Error(`factories.ts has no factory for ${missing.join(', ')}.`);
  await seedFixedRows(sql);
  for (const [name, insert] of Object.entries(factories)) {
    const table = tables.find((candidate) => candidate.name === `ops.${name}`);
    if (table === undefined)
      throw new Error(`factories.ts has a factory for ${name}, a table that is not there.`);
    await insert(sql, sql(table.name));
    const [row] = await sql`select from ${sql(table.name)} limit 1`;
    if (row === undefined) throw new Error(`The factory of ${table.name} made no row.`);
  }
}

/** What other rows refer to by an id of their own. */
async function seedFixedRows(sql: Sql): Promise<void> {
  await sql`insert into ops.orgs (id, name, slug) values (${orgs.a}, 'A', 'org-a'), (${orgs.b}, 'B', 'org-b')`;
  await sql`
    insert into ops.org_members (org_id, user_id, role)
    values (${orgs.a}, ${people.memberA}, 'member'), (${orgs.b}, ${people.memberB}, 'owner')
  `;
  await sql`select ops.grant_admin(${people.admin})`;
  await sql`insert into ops.competitors (id, external_id) values (${rows.competitor}, 'fixed')`;
  await seedProject(sql);
  await seedRuns(sql);
  await sql`select cron.schedule('matrix', '* * * * *', 'select 1')`;
  await sql`insert into cron.job_run_details (runid, jobid, status) select 1, jobid, 'succeeded' from cron.job`;
}

async function seedProject(sql: Sql): Promise<void> {
  await sql`insert into ops.projects (id, org_id, name, slug) values (${rows.project}, ${orgs.a}, 'Fixed', 'fixed')`;
  await sql`
    insert into ops.branches (id, org_id, project_id, name)
    values (${rows.branch}, ${orgs.a}, ${rows.project}, 'main'), (${rows.otherBranch}, ${orgs.a}, ${rows.project}, 'other')
  `;
  await sql`
    insert into ops.builds (id, org_id, project_id, branch_id)
    values (${rows.build}, ${orgs.a}, ${rows.project}, ${rows.branch})
  `;
  await sql`select ops.enqueue_build(${rows.build})`;
  await sql`
    insert into ops.advisories (id, org_id, project_id, cache_key, name, title)
    values (${rows.advisory}, ${orgs.a}, ${rows.project}, 'fixed', 'quiet', 'Fixed')
  `;
}

async function seedRuns(sql: Sql): Promise<void> {
  await sql`insert into ops.run_templates (slug, title, template_yaml) values ('fixed', 'Fixed', 'version: 1')`;
  await sql`
    insert into ops.runs (id, env, created_by, status, plan_digest, finished_at)
    values (${rows.run}, 'production', ${people.memberA}, 'awaiting_approval', 'digest', null),
      (${rows.endedRun}, 'production', ${people.memberA}, 'success', null, now())
  `;
}
