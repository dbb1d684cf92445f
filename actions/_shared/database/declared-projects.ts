import * as z from 'zod';
import type { Queryable } from './connect.ts';
import { JSON_SEPARATOR, jsonLines, textArray } from './text-array.ts';

const ProjectRows = z.array(z.object({ name: z.string(), spec: z.string() }));

/** Every project that is not archived by organisation/slug, as Postgres prints what a file would declare of it. */
export async function readDeclaredProjects(sql: Queryable): Promise<ReadonlyMap<string, string>> {
  const rows = await sql`select name, spec::text as spec from ops.plan_projects()`;
  return new Map(ProjectRows.parse([...rows]).map(({ name, spec }) => [name, spec]));
}

/** Make projects what files say, `json` as `ops.declare_project` takes it: one statement for all. */
export async function declareProjects(
  sql: Queryable,
  projects: readonly { readonly name: string; readonly json: string }[],
): Promise<void> {
  await sql`
    select ops.declare_project(name, spec::jsonb)
    from rows from (unnest(${textArray(projects.map((row) => row.name))}::text[]),
                    string_to_table(${jsonLines(projects.map((row) => row.json))}, ${JSON_SEPARATOR})) as row (name, spec)`;
}

/** No file declares them any more: their history stays. */
export async function archiveProjects(sql: Queryable, names: readonly string[]): Promise<void> {
  await sql`select ops.archive_project(name) from unnest(${textArray(names)}::text[]) as gone (name)`;
}
