import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChecks } from '../../../actions/_shared/checks/run-checks.ts';
import { connect, type Sql } from '../../../actions/_shared/database/connect.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { createTestDatabase } from '../../support/database.ts';
import { ROOT } from '../../unit/declare/samples.ts';
import { summary } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, superuser } = database;
let checker: Sql;

/** The SQL of docs/checks.md: what people run is what is tested. */
function documented(): string {
  const text = readFileSync(path.join(ROOT, 'docs/checks.md'), 'utf8');
  const [role = '', ...others] = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(
    ([, block = '']) => block,
  );
  expect(others).toEqual([]);
  return role;
}

beforeAll(async () => {
  await superuser`drop role if exists opsroom_check`;
  await sql.unsafe(documented().replace('CHANGE-ME', 'checker-password-0123456789'));
  const url = new URL(database.url);
  url.username = 'opsroom_check';
  url.password = 'checker-password-0123456789';
  checker = connect({ url: url.href, applicationName: 'test' });
  await sql`select vault.create_secret('canary-value-0123456789012345678901', 'internal_job_token')`;
  await sql`select cron.schedule('by_hand', '5 5 * * *', $$select 'canary-in-a-command'$$)`;
});
afterAll(async () => {
  await checker.end({ timeout: 1 });
  await superuser`drop owned by opsroom_check`;
  await superuser`drop role opsroom_check`;
  await database.drop();
});

describe('the role of docs/checks.md', () => {
  it('can carry out every check of this repository as well as the owner can', async () => {
    const declarations = await loadDeclarations({ root: ROOT, cache: false });
    const now = new Date();
    const look = (as: Sql) => runChecks({ sql: as, declarations, environment: 'production', now });

    const [ours, owners] = [await look(checker), await look(sql)];

    expect(summary(ours)).toEqual(summary(owners));
    expect(ours.evaluated).toEqual(owners.evaluated);
    expect(ours.evaluated).toEqual(
      expect.arrayContaining(['cron-jobs', 'cron-scheduler', 'job-queue', 'pg-net', 'vault']),
    );
    expect(JSON.stringify(ours)).not.toMatch(/may not look|canary/);
  });

  it.each([
    ['read runs', 'select * from ops.cron_runs'],
    ['read commands', 'select command from cron.job'],
    ['schedule', `select cron.schedule('x', '* * * * *', 'select 1')`],
    ['fire', `select ops.fire_now('x')`],
    ['decrypt', 'select decrypted_secret from vault.decrypted_secrets'],
    ['read secrets through ours', `select ops.read_secret('internal_job_token')`],
    ['read payloads', 'select payload from ops.queued_jobs'],
    ['raise an alert', `select ops.raise_alert('a', 'b', 'info', 'c')`],
  ])('may not %s', async (_what, statement) => {
    await expect(checker.begin((tx) => tx.unsafe(statement))).rejects.toThrow(/permission denied/);
  });

  it('without one of its rights finds that check unknown, with what is missing, and the others as before', async () => {
    await sql`revoke execute on function ops.probe_queue(timestamptz, interval) from opsroom_check`;
    const declarations = await loadDeclarations({ root: ROOT, cache: false });
    const pass = await runChecks({ sql: checker, declarations, environment: 'production', now: new Date() });
    await sql`grant execute on function ops.probe_queue(timestamptz, interval) to opsroom_check`;

    expect(pass.evaluated).not.toContain('job-queue');
    expect(pass.evaluated).toContain('cron-jobs');
    expect(pass.results.find(({ check }) => check === 'job-queue')).toMatchObject({
      state: 'unknown',
      finding: {
        detail: expect.stringContaining('permission denied for function probe_queue'),
        remediation: expect.stringContaining('docs/checks.md'),
      },
    });
  });

  it('finds everything unknown in a database without our migrations', async () => {
    await superuser`alter schema ops rename to ops_away`;
    const declarations = await loadDeclarations({ root: ROOT, cache: false });
    const pass = await runChecks({ sql, declarations, environment: 'production', now: new Date() });
    await superuser`alter schema ops_away rename to ops`;

    expect(pass.evaluated).toEqual([]);
    expect(pass.results.filter(({ state }) => state !== 'unknown')).toEqual([]);
    expect(pass.results.find(({ check }) => check === 'cron-jobs')?.finding.remediation).toContain(
      'applies the migrations',
    );
  });
});
