import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';

/** The project, `organisation/slug`, when there is just one; else null. */
export async function onlyProject(sql: Queryable): Promise<string | null> {
  const rows = await sql`
    select o.slug || '/' || p.slug as name
    from ops.projects p
    join ops.orgs o on o.id = p.org_id
    where p.archived_at is null
    limit 2`;
  const projects = z.array(z.object({ name: z.string() })).parse([...rows]);
  return projects.length === 1 ? (projects[0]?.name ?? null) : null;
}
