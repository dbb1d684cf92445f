import type { Sql } from 'postgres';
import { textArray } from '../actions/_shared/database/text-array.ts';
import type { LocalProject } from './local-project.ts';

const competitors = ['ada', 'bela', 'chidi', 'dora', 'emre'];

/**
 * Something to look at on a fresh laptop: an organisation with a project in three lanes, competitors of the game
 * platform, and the bucket the Odoo files move to. Made once; what people changed since stays.
 *
 * @returns what was made, for the progress line
 */
export async function createSampleData(sql: Sql, project: LocalProject): Promise<string> {
  await createBucket(project);
  const made = await sql.begin(async (tx) => {
    const known = await tx`select from ops.orgs where slug = 'example'`;
    if (known.length > 0) return false;
    const [org] = await tx<{ id: string }[]>`
      insert into ops.orgs (name, slug) values ('Example', 'example') returning id`;
    const [shop] = await tx<{ id: string }[]>`
      insert into ops.projects (org_id, name, slug, repo_url, runtime_version)
      values (${org?.id ?? ''}, 'Example shop', 'example-shop', 'https://github.com/example/shop', '19.0')
      returning id`;
    await tx`
      insert into ops.branches (project_id, name, lane)
      select ${shop?.id ?? ''}, b.name, b.lane
      from (values ('main', 'production'), ('staging', 'staging'), ('feature-search', 'development')) b (name, lane)`;
    await tx`
      insert into ops.competitors (external_id, display_name, coach_id)
      select c, initcap(c), 'coach-1' from unnest(${textArray(competitors)}::text[]) c
      on conflict do nothing`;
    return true;
  });
  return made ? 'an organisation, a project, five competitors' : 'already there';
}

async function createBucket({ url, keys }: LocalProject): Promise<void> {
  const response = await fetch(`${url}/storage/v1/bucket`, {
    method: 'POST',
    headers: {
      apikey: keys.secret,
      authorization: `Bearer ${keys.serviceRoleJwt}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ id: 'odoo-archive', name: 'odoo-archive', public: false }),
  });
  await response.body?.cancel();
}
