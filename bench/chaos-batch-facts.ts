import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import * as z from 'zod';
import { inLanes } from '../functions/_shared/in-lanes.ts';
import type { ServedProject } from '../test/database/functions-e2e/served-project.ts';
import { type Fact, fact } from './facts.ts';

const bucket = 'odoo-archive';
/** Of so many files one is downloaded and compared byte by byte; of all, the storage's own digest is compared. */
const downloadEvery = 20;

/** What was done, for comparing it with what the database says. */
interface Done {
  readonly sql: Sql;
  readonly project: ServedProject;
  readonly files: number;
  readonly content: (id: number) => Buffer;
  readonly limit: number;
  readonly callers: number;
  readonly kills: number;
  readonly statuses: ReadonlyMap<string, number>;
  /** Files of the calls that were answered. */
  readonly migrated: number;
}

/** Remember every time a file becomes `migrated`: exactly once is a fact about history, not about the last state. */
export async function prepareFacts(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create schema chaos;
    create table chaos.moves (id bigint not null, at timestamptz not null default clock_timestamp());
    create function chaos.record_move() returns trigger language plpgsql set search_path = '' as $$
    begin
      insert into chaos.moves (id) values (new.id);
      return null;
    end $$;
    grant usage on schema chaos to service_role;
    grant insert on chaos.moves to service_role;
    create trigger record_move after update on ops.odoo_attachments
    for each row when (new.status = 'migrated') execute function chaos.record_move();`);
}

const Counted = z
  .array(
    z.object({
      rows: z.number(),
      migrated: z.number(),
      last_id: z.number(),
      misplaced: z.number(),
      moves: z.number(),
      twice: z.number(),
      leased: z.number(),
      objects: z.number(),
      strangers: z.number(),
      logs: z.number(),
      logged: z.number(),
      summed: z.number(),
      summed_logs: z.number(),
      failed: z.number(),
      error_logs: z.number(),
    }),
  )
  .length(1);

/** Ask the database and the storage what became of the files; nothing is taken from what the function said. */
export async function readBatchFacts(done: Done): Promise<readonly Fact[]> {
  const { sql, files, limit, callers, kills, statuses } = done;
  const rows = await sql`
    select
      count(*)::int as rows,
      count(*) filter (where a.status = 'migrated')::int as migrated,
      max(a.id)::int as last_id,
      count(*) filter (where a.storage_path is distinct from a.id / 1000 || '/' || a.id || '.txt')::int as misplaced,
      (select count(*)::int from chaos.moves) as moves,
      (select count(*)::int from (select from chaos.moves group by id having count(*) > 1) x) as twice,
      count(*) filter (where a.lease_token is not null)::int as leased,
      (select count(*)::int from storage.objects o where o.bucket_id = ${bucket}) as objects,
      (select count(*)::int from storage.objects o where o.bucket_id = ${bucket}
        and not exists (select from ops.odoo_attachments b where b.storage_path = o.name)) as strangers,
      (select count(*)::int from ops.migration_logs) as logs,
      (select coalesce(sum(l.migrated), 0)::int from ops.migration_logs l) as logged,
      (select coalesce(sum(m.migrated), 0)::int from ops.migration_batches m) as summed,
      (select coalesce(sum(m.logs), 0)::int from ops.migration_batches m) as summed_logs,
      (select coalesce(sum(l.failed), 0)::int from ops.migration_logs l) as failed,
      (select count(*)::int from ops.migration_logs l where l.status <> 'success') as error_logs
    from ops.odoo_attachments a`;
  const [n] = Counted.parse(rows);
  if (n === undefined) throw new Error('no facts');
  const wrong = await wrongContents(done);
  const answered = statuses.get('200') ?? 0;
  const broken = [...statuses].reduce((sum, [status, count]) => sum + (status === '200' ? 0 : count), 0);
  const whole = n.rows === files && n.migrated === files && n.last_id === files;
  return [
    fact('files / rows / migrated', `${files} / ${n.rows} / ${n.migrated}`, whole),
    fact('times a file became migrated', n.moves, n.moves === files),
    fact('files that became migrated twice', n.twice, n.twice === 0),
    fact('rows with a wrong place or a lease left', n.misplaced + n.leased, n.misplaced + n.leased === 0),
    fact('objects in the storage', n.objects, n.objects === files),
    fact('objects without a row', n.strangers, n.strangers === 0),
    fact('objects with wrong content', wrong, wrong === 0),
    fact('processes killed', kills, kills > 0),
    fact('calls that ended without a kill', Math.max(0, broken - kills * callers), broken <= kills * callers),
    // A call can be killed between settling its files and writing its log: then the files are moved, and not in the sums.
    fact(
      'answered calls / logs',
      `${answered} / ${n.logs}`,
      n.logs >= answered && n.logs <= answered + kills * callers,
    ),
    fact(
      'files answered / in the logs / moved',
      `${done.migrated} / ${n.logged} / ${n.migrated}`,
      done.migrated <= n.logged && n.logged <= n.migrated && n.migrated - n.logged <= kills * callers * limit,
    ),
    fact(
      'logs and files in the sums',
      `${n.summed_logs} and ${n.summed}`,
      n.summed_logs === n.logs && n.summed === n.logged,
    ),
    fact('failures and errors logged', `${n.failed} and ${n.error_logs}`, n.failed + n.error_logs === 0),
  ];
}

async function wrongContents({ sql, project, files, content }: Done): Promise<number> {
  const objects = await sql<{ name: string; etag: string | null }[]>`
    select name, metadata ->> 'eTag' as etag from storage.objects where bucket_id = ${bucket}`;
  const etags = new Map(objects.map(({ name, etag }) => [name, etag]));
  let wrong = 0;
  for (let id = 1; id <= files; id += 1) {
    const digest = createHash('md5').update(content(id)).digest('hex');
    if (etags.get(nameOf(id)) !== `"${digest}"`) wrong += 1;
  }
  const ids = Array.from({ length: Math.ceil(files / downloadEvery) }, (_, at) => 1 + at * downloadEvery);
  const { storage } = project.service;
  await inLanes(ids, 8, async (id) => {
    const { data } = await storage.from(bucket).download(nameOf(id));
    const bytes = data === null ? null : Buffer.from(await data.arrayBuffer());
    if (bytes?.equals(content(id)) !== true) wrong += 1;
  });
  return wrong;
}

function nameOf(id: number): string {
  return `${Math.floor(id / 1000)}/${id}.txt`;
}

/** What file `id` holds: up to 8 kB that no other file holds. */
export function someContent(id: number): Buffer {
  return Buffer.alloc(100 + ((id * 7919) % 8000), `${id}:`);
}
