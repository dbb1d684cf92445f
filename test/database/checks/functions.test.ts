import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deployedNote } from '../../../actions/_shared/reconcile/platform/function-note.ts';
import { deleteFunction, deployFunction } from '../../../actions/_shared/supabase/functions-api.ts';
import { createManagementClient } from '../../../actions/_shared/supabase/management-client.ts';
import { type ManagementApi, startManagementApi } from '../../../local/supabase/management/server.ts';
import { createTestDatabase } from '../../support/database.ts';
import { declareJob, forgetEverything, httpCall } from '../ops/jobs.ts';
import { checkFiles, declare, look, only, summary } from './looking.ts';

const ref = 'abcdefghijklmnopqrst';
const token = `sbp_${'0'.repeat(40)}`;
const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const stateFolder = mkdtempSync(path.join(tmpdir(), 'opsroom-functions-'));
let api: ManagementApi;
let client: ReturnType<typeof createManagementClient>;

const files = {
  'functions/sync.yaml': 'verify_jwt: false\n',
  '/functions/sync/index.ts': "Deno.serve(() => new Response('hello'));\n",
  ...checkFiles({ functions: 'function: { failures: { warning: 20%, critical: 60% } }' }),
};
const now = new Date('2030-03-07T12:34:30Z');

beforeAll(async () => {
  api = await startManagementApi({ stateFolder, ref, limit: 10_000 });
  api.allow(token);
  client = createManagementClient({ token, projectRef: ref, apiUrl: api.url, sleep: async () => undefined });
});
afterAll(async () => {
  await api.stop();
  rmSync(stateFolder, { recursive: true });
  await database.drop();
});

/** Deploys what the files say; noted in the ledger as an apply does, unless somebody else did it. */
async function deploy(by: 'us' | 'others'): Promise<void> {
  const [wanted] = (await declare(files)).resolve('production').functions;
  if (wanted === undefined) throw new Error('nothing is declared');
  const deployed = await deployFunction(client, {
    slug: wanted.slug,
    entrypoint: wanted.entry,
    importMap: wanted.importMap,
    staticPatterns: [],
    verifyJwt: wanted.verifyJwt,
    files: wanted.readFiles(),
  });
  if (by === 'others') return;
  await sql`insert into ops.managed_objects (kind, name, digest, applied)
    values ('function', 'sync', 'x', ${sql.json(JSON.parse(JSON.stringify(deployedNote(wanted, deployed, 'deployed'))))})
    on conflict (kind, name) do update set applied = excluded.applied`;
}

const checked = () => look(files, { sql, now, platform: { client } });

beforeEach(async () => {
  await forgetEverything(sql);
  await sql`truncate ops.managed_objects`;
});

describe('an Edge Function', () => {
  it('that was never deployed is missing; deployed by us it is well; deleted by somebody it is missing again', async () => {
    expect(only(await checked()).finding).toMatchObject({
      name: 'function_missing',
      detail: expect.stringContaining('we never deployed it'),
    });

    await deploy('us');
    expect(summary(await checked())).toEqual([]);

    await deleteFunction(client, 'sync');
    expect(only(await checked()).finding.detail).toContain('somebody deleted it');
  });

  it('that somebody else deployed over ours is not what we deployed, until we deploy again', async () => {
    await deploy('us');
    await deploy('others');

    expect(only(await checked()).finding).toMatchObject({
      name: 'function_changed',
      detail: expect.stringMatching(/^Version \d+ of sync runs; we deployed version \d+\.$/),
    });
    await deploy('us');
    expect(summary(await checked())).toEqual([]);
  });

  it('whose calls by jobs fail is bad by their share; what never left the database is not counted', async () => {
    await deploy('us');
    await declareJob(sql, 'caller', { call: httpCall({ function: 'sync' }) });
    const called = (count: number, status: string, code: string | null = null, error: string | null = null) =>
      sql`insert into ops.cron_runs (job, scheduled_for, trigger, status, created_at, finished_at, error_code, error)
        select 'caller', ${now}, 'manual', ${status}, ${now}::timestamptz - interval '5 minutes', ${now}, ${code}, ${error}
        from generate_series(1, ${count}) i`;
    await called(8, 'succeeded');
    await called(50, 'failed', 'secret_missing');
    expect(summary(await checked())).toEqual([]);

    await called(
      2,
      'failed',
      'http_5xx',
      'http_5xx - the answer was HTTP 503, token sk-canary0123456789abcdef',
    );
    const warned = only(await checked());
    expect(warned).toMatchObject({
      object: 'sync',
      severity: 'warning',
      finding: { name: 'function_failing' },
    });
    expect(warned.finding.detail).toContain('2 of 10 calls by jobs within 1h failed (20%)');
    expect(JSON.stringify(warned)).not.toContain('canary');
    await called(20, 'timed_out', 'timeout');
    expect(only(await checked()).severity).toBe('critical');
  });

  it('is unknown without a way to ask the platform, but for its calls', async () => {
    const pass = await look(files, { sql, now });

    expect(pass.evaluated).toEqual(['functions']);
    expect(summary(pass)).toEqual(['functions/: unknown cannot_evaluate']);
    const calls = { ...files, ...checkFiles({ functions: 'function: { find: [failing] }' }) };
    expect(summary(await look(calls, { sql, now }))).toEqual([]);
  });

  it('is unknown while the platform does not answer', async () => {
    await deploy('us');
    const away = createManagementClient({
      token,
      projectRef: ref,
      apiUrl: 'http://127.0.0.1:1',
      sleep: async () => undefined,
    });

    const pass = await look(files, { sql, now, platform: { client: away } });

    expect(summary(pass)).toEqual(['functions/: unknown cannot_evaluate']);
    expect(JSON.stringify(pass)).not.toContain(token);
  });
});
