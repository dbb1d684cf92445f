import * as z from 'zod';
import { jobToken, runToken, secretKey } from '../_shared/auth/ways-in.ts';
import {
  type ArchiveOdooFilesAnswer,
  ArchiveOdooFilesRequest,
} from '../_shared/contracts/archive-odoo-files.ts';
import { type OpsClient, serviceClient } from '../_shared/database/clients.ts';
import { callRpc, readRows } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { HttpProblem } from '../_shared/http/problem.ts';
import { inLanes } from '../_shared/in-lanes.ts';
import { type Moved, moveFile } from './move-file.ts';
import { connectOdoo, type Odoo, OdooRefused } from './odoo.ts';

/** The job's name: its card, its sums and its alert go by it. */
const batchName = 'archive-odoo-files-batch';
/** Files in flight at once: enough to hide the network, few enough to stay below the function's 256 MB. */
const lanes = 8;
/** Milliseconds kept back for settling and logging. */
const reserve = 8_000;
const listedAtOnce = 1000;
const mostErrors = 20;
/** How long a file is held: longer than a call lasts, and what a killed call held is not idle for long. */
const lease = '1 minute';

const Claimed = z.array(
  z.object({
    id: z.number(),
    name: z.string(),
    mimetype: z.string().nullable(),
    size_bytes: z.number().nullable(),
    checksum: z.string().nullable(),
    lease_token: z.uuid(),
  }),
);
const Counts = z.object({ remaining: z.number(), total: z.number() });
const Listed = z.object({ rows: z.array(z.object({ id: z.number() })).max(1), total: z.number() });
const Settled = z.object({ migrated: z.number(), failed: z.number(), released: z.number() });

/**
 * Move the next batch of Odoo attachments into Supabase Storage. Every call that was let in leaves one row in
 * migration_logs, whatever happens: success, error, or auth_error when Odoo refuses the key. A call that is killed leaves
 * its files to the next one.
 */
export function archiveOdooFiles(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'archive-odoo-files',
    ways: [
      jobToken({ header: 'x-job-token', secret: 'ARCHIVE_ODOO_FILES_TOKEN' }),
      secretKey(),
      runToken({ function: 'archive-odoo-files' }),
    ],
    // pg_net gives up after the 50 s the job declares.
    timeBox: 45_000,
    body: ArchiveOdooFilesRequest,
    handle: async ({ body, signal, remaining, log }) => {
      const client = serviceClient(dependencies);
      const started = dependencies.now();
      const note = (status: 'success' | 'error' | 'auth_error', batch: Batch) =>
        writeLog(client, status, batch, (dependencies.now() - started) / 1000);
      try {
        const batch = await moveBatch({ dependencies, client, limit: body.limit, signal, remaining });
        const status = batch.failed > 0 && batch.migrated === 0 ? 'error' : 'success';
        await note(status, batch);
        log.info('batch settled', { ...batch });
        return { body: answer(status, batch, (dependencies.now() - started) / 1000) };
      } catch (error) {
        const refused = error instanceof OdooRefused;
        const message = error instanceof Error ? error.message : 'the batch ended without a reason';
        // Without Odoo nobody knows how many there are in all.
        const { remaining } = await count(client).catch(() => ({ remaining: 0 }));
        const nothing = { migrated: 0, failed: 0, remaining, total: null };
        await note(refused ? 'auth_error' : 'error', { ...nothing, errors: [message] });
        // 4xx on purpose: the same key is refused again in five seconds too.
        if (refused) throw new HttpProblem(424, 'odoo_auth_error', error.message, { cause: error });
        throw error;
      }
    },
  });
}

interface Batch {
  readonly migrated: number;
  readonly failed: number;
  /** Files left to move, those included that are not listed yet. */
  readonly remaining: number;
  /** Files there are in all; null when that can't be asked. */
  readonly total: number | null;
  readonly errors: readonly string[];
}

async function moveBatch(job: {
  readonly dependencies: Dependencies;
  readonly client: OpsClient;
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly remaining: () => number;
}): Promise<Batch> {
  const { client, signal } = job;
  const odoo = connectOdoo(job.dependencies);
  const bucket = job.dependencies.env('ODOO_ARCHIVE_BUCKET') ?? 'odoo-archive';
  const claimed = [...(await claim(client, job.limit))];
  const moved: Moved[] = [];
  let total = 0;
  try {
    if (claimed.length < job.limit && (await listMore(client, odoo, signal)) > 0)
      claimed.push(...(await claim(client, job.limit - claimed.length)));
    // Files are listed as they are needed; those beyond the last listed one are left to do as well.
    const listed = await readListed(client);
    total = listed.total + (await odoo.count(listed.last, signal));
    await inLanes(claimed, lanes, async (file) => {
      if (job.remaining() < reserve) return;
      moved.push(await moveFile(file, { odoo, client, bucket, signal }));
    });
  } finally {
    // Also when the key was refused half way: what was moved is kept, the rest is handed back.
    await settle(client, claimed, moved);
  }
  const failures = moved.flatMap((each) => (each.kind === 'failed' ? [each.error] : []));
  const known = await count(client);
  return {
    migrated: moved.length - failures.length,
    failed: failures.length,
    // What is done is done, also when another call has listed more meanwhile.
    remaining: Math.max(0, total - (known.total - known.remaining)),
    total,
    errors: failures.slice(0, mostErrors),
  };
}

async function claim(client: OpsClient, limit: number): Promise<z.infer<typeof Claimed>> {
  return callRpc(client, 'claim_odoo_attachments', Claimed, { p_limit: limit, p_lease: lease });
}

/** Ask Odoo for files we don't know yet; returns how many there were. */
async function listMore(client: OpsClient, odoo: Odoo, signal: AbortSignal): Promise<number> {
  const last = await callRpc(client, 'last_odoo_attachment', z.number());
  const files = await odoo.list(last, listedAtOnce, signal);
  if (files.length === 0) return 0;
  const rows = files.map(({ id, name, mimetype, file_size, checksum }) => ({
    id,
    name: name || String(id),
    mimetype: mimetype || null,
    size_bytes: file_size ?? null,
    checksum: checksum || null,
  }));
  return callRpc(client, 'register_odoo_attachments', z.number(), { p_attachments: rows });
}

/** The highest id listed so far and how many there are, of one snapshot: another call may be listing. */
async function readListed(client: OpsClient): Promise<{ readonly last: number; readonly total: number }> {
  const newest = client
    .from('odoo_attachments')
    .select('id', { count: 'exact' })
    .order('id', { ascending: false })
    .limit(1)
    .then(({ data, count, error, status }) => ({ data: { rows: data, total: count }, error, status }));
  const { rows, total } = await readRows(newest, Listed);
  return { last: rows[0]?.id ?? 0, total };
}

async function settle(
  client: OpsClient,
  claimed: z.infer<typeof Claimed>,
  moved: readonly Moved[],
): Promise<void> {
  const tokens = new Map(claimed.map(({ id, lease_token }) => [id, lease_token]));
  for (const token of new Set(tokens.values())) {
    const own = moved.filter(({ id }) => tokens.get(id) === token);
    await callRpc(client, 'settle_odoo_attachments', Settled, {
      p_lease_token: token,
      p_migrated: own.flatMap((each) => (each.kind === 'migrated' ? [{ id: each.id, path: each.path }] : [])),
      p_failed: own.flatMap((each) =>
        each.kind === 'failed' ? [{ id: each.id, error: each.error, permanent: each.permanent }] : [],
      ),
    });
  }
}

async function count(client: OpsClient): Promise<z.infer<typeof Counts>> {
  return callRpc(client, 'count_odoo_attachments', Counts);
}

async function writeLog(
  client: OpsClient,
  status: 'success' | 'error' | 'auth_error',
  { migrated, failed, remaining, total, errors }: Batch,
  elapsed: number,
): Promise<void> {
  await callRpc(client, 'record_migration_log', z.unknown(), {
    p_batch: batchName,
    p_status: status,
    p_migrated: migrated,
    p_failed: failed,
    p_remaining: remaining,
    p_elapsed_s: elapsed,
    p_errors: errors,
    p_total: total,
  });
}

function answer(
  status: 'success' | 'error',
  { migrated, failed, remaining, errors }: Batch,
  elapsed: number,
): ArchiveOdooFilesAnswer {
  return { status, migrated, failed, remaining, elapsed_s: elapsed, errors: [...errors] };
}
