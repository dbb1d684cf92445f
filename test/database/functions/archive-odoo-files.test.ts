import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveOdooFilesAnswer } from '../../../functions/_shared/contracts/archive-odoo-files.ts';
import { archiveOdooFiles } from '../../../functions/archive-odoo-files/handler.ts';
import { contentOf, type OdooStandIn, startOdoo } from '../../../local/upstreams/odoo.ts';
import { post, serviceRole, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { database } = fixture;
const token = 't'.repeat(40);
const key = 'odoo-key-of-the-test';
const storage = serviceRole(fixture).storage;
let odoo: OdooStandIn;

beforeEach(async () => {
  await database.sql`truncate ops.odoo_attachments, ops.migration_logs, ops.migration_batches`;
  await storage.createBucket('odoo-archive');
  await storage.emptyBucket('odoo-archive');
});
afterEach(() => odoo?.close());

function handler(secrets: Record<string, string> = {}) {
  return archiveOdooFiles(
    fixture.dependencies({
      ARCHIVE_ODOO_FILES_TOKEN: token,
      ODOO_URL: odoo.url,
      ODOO_API_KEY: key,
      ...secrets,
    }),
  );
}
const call = (limit: number, secrets?: Record<string, string>) =>
  handler(secrets)(post({ limit }, { 'x-job-token': token }));
const stored = async (id: number) =>
  (await storage.from('odoo-archive').download(`${Math.floor(id / 1000)}/${id}.txt`)).data?.text();
const logs = () =>
  database.sql<{ status: string; migrated: number; failed: number; remaining: number; errors: string[] }[]>`
    select status, migrated, failed, remaining, errors from ops.migration_logs order by id`;

describe('archive-odoo-files', () => {
  it('moves batch after batch until nothing is left, each file once', async () => {
    odoo = await startOdoo({ files: 25, key });
    const answers = [];
    for (let batch = 0; batch < 4; batch += 1)
      answers.push(ArchiveOdooFilesAnswer.parse(await (await call(10)).json()));

    expect(answers.map(({ migrated, remaining }) => [migrated, remaining])).toEqual([
      [10, 15],
      [10, 5],
      [5, 0],
      [0, 0],
    ]);
    expect([await stored(1), await stored(25)]).toEqual([contentOf(1), contentOf(25)]);
    expect([...odoo.reads.values()]).toEqual(Array(25).fill(1));
    expect(await logs()).toHaveLength(4);
  });

  it('counts what Odoo has and it has not listed yet as left to do', async () => {
    odoo = await startOdoo({ files: 1025, key });
    const first = ArchiveOdooFilesAnswer.parse(await (await call(10)).json());
    const [progress] = await database.sql`select ops.batch_progress('archive-odoo-files-batch') as card`;

    expect(first).toMatchObject({ migrated: 10, remaining: 1015 });
    expect(progress?.card).toMatchObject({ total: 1025, done: 10, remaining: 1015, finished: false });
    expect(await database.sql`select count(*)::int as listed from ops.odoo_attachments`).toEqual([
      { listed: 1000 },
    ]);
  });

  it('leaves what is gone in Odoo as failed, and says which file it was', async () => {
    odoo = await startOdoo({ files: 3, key, missing: [2] });
    const answer = ArchiveOdooFilesAnswer.parse(await (await call(10)).json());

    expect(answer).toMatchObject({ status: 'success', migrated: 2, failed: 1, remaining: 0 });
    expect(answer.errors).toEqual(['File 2: Attachment not found or empty']);
    expect(await logs()).toEqual([
      expect.objectContaining({ status: 'success', failed: 1, errors: answer.errors }),
    ]);
  });

  it('logs auth_error and hands every file back when Odoo refuses the key', async () => {
    odoo = await startOdoo({ files: 5, key });
    await call(1);
    odoo.refuse();
    const response = await call(10);

    expect([response.status, await response.json()]).toEqual([
      424,
      expect.objectContaining({ error: expect.objectContaining({ code: 'odoo_auth_error' }) }),
    ]);
    expect((await logs()).at(-1)).toMatchObject({ status: 'auth_error', migrated: 0, remaining: 4 });
    const [row] =
      await database.sql`select count(*)::int as leased from ops.odoo_attachments where status = 'migrating'`;
    expect(row?.leased).toBe(0);
    expect(fixture.lines.join('\n')).not.toContain(key);
  });

  it('logs an error when it is not set up, without saying more to the caller', async () => {
    odoo = await startOdoo({ files: 1, key });
    const response = await call(1, { ODOO_URL: '' });

    expect(response.status).toBe(500);
    expect((await logs()).at(-1)).toMatchObject({ status: 'error' });
  });

  it('counts a copy an earlier call left behind as moved', async () => {
    odoo = await startOdoo({ files: 1, key });
    await storage.from('odoo-archive').upload('0/1.txt', contentOf(1));
    const answer = ArchiveOdooFilesAnswer.parse(await (await call(5)).json());

    expect(answer).toMatchObject({ migrated: 1, failed: 0, remaining: 0 });
  });

  it('takes over the files of a call that was killed, once its lease has run out', async () => {
    odoo = await startOdoo({ files: 4, key });
    await call(1);
    await database.sql`select ops.claim_odoo_attachments(10, '2 minutes')`;
    const while_leased = ArchiveOdooFilesAnswer.parse(await (await call(10)).json());
    await database.sql`update ops.odoo_attachments set lease_expires_at = now() - interval '1 second' where status = 'migrating'`;
    const afterwards = ArchiveOdooFilesAnswer.parse(await (await call(10)).json());

    expect([while_leased.migrated, afterwards.migrated]).toEqual([0, 3]);
  });

  it('a batch that lost its lease settles nothing', async () => {
    odoo = await startOdoo({ files: 2, key });
    await call(1);
    const [lease] = await database.sql`select lease_token from ops.claim_odoo_attachments(10, '2 minutes')`;
    await database.sql`update ops.odoo_attachments set lease_expires_at = now() - interval '1 second' where status = 'migrating'`;
    await database.sql`select ops.claim_odoo_attachments(10, '2 minutes')`;
    const [settled] = await database.sql`
      select ops.settle_odoo_attachments(${lease?.lease_token}, '[{"id":2,"path":"x"}]') as answer`;

    expect(settled?.answer).toEqual({ migrated: 0, failed: 0, released: 0 });
  });

  it.each([
    ['nobody', {}],
    ['another token', { 'x-job-token': 'x'.repeat(40) }],
    ['a publishable key', { apikey: 'publishable' }],
    [
      'a run token that was never issued',
      { 'x-ops-job': 'archive-odoo-files-batch', 'x-ops-run-token': `ort_${'0'.repeat(64)}` },
    ],
  ])('refuses %s and writes nothing', async (_who, headers: Record<string, string>) => {
    odoo = await startOdoo({ files: 1, key });
    const sent = 'apikey' in headers ? { apikey: fixture.gateway.keys.publishable } : headers;
    const response = await handler()(post({}, sent));

    expect(response.status).toBe(401);
    expect(await logs()).toEqual([]);
    expect(odoo.reads.size).toBe(0);
  });
});
