import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { createTestDatabase } from '../../support/database.ts';
import { addOrganisation } from '../builds/people.ts';
import { declareJob, fire, onlyRun, sqlCall } from '../ops/jobs.ts';
import { ENVIRONMENTS } from './github-world.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const org = await addOrganisation(sql, 'acme');
afterAll(() => database.drop());
beforeEach(async () => {
  await database.superuser`delete from ops.builds`;
  await database.superuser`delete from ops.queued_jobs`;
});

const NIGHTLY = `description: Build the shop every night
schedule: "0 3 * * *"
call:
  sql: select ops.trigger_build('app', 'main')
  timeout: 10s
`;

/** The call a file of runbooks/cron/ declares. */
async function callOf(text: string) {
  const root = mkdtempSync(path.join(tmpdir(), 'opsroom-nightly-'));
  try {
    mkdirSync(path.join(root, 'runbooks/cron'), { recursive: true });
    writeFileSync(path.join(root, 'runbooks/environments.yaml'), ENVIRONMENTS);
    writeFileSync(path.join(root, 'runbooks/cron/nightly_build.yaml'), text);
    const declarations = await loadDeclarations({ root, cache: false });
    const errors = declarations.diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
    const call = declarations.resolve('production').jobs.find(({ name }) => name === 'nightly_build')
      ?.definition.call;
    if (call?.kind !== 'sql') throw new Error('it calls no SQL');
    return call;
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('a schedule', () => {
  it('builds a branch each time it fires, by a file that calls ops.trigger_build', async () => {
    await declareJob(sql, 'nightly_build', { call: await callOf(NIGHTLY) });
    expect(await fire(sql, 'nightly_build', '2027-01-01T03:00:00Z')).toMatch(/^succeeded/);
    expect(await onlyRun(sql, 'nightly_build')).toMatchObject({ status: 'succeeded' });
    const builds = await sql`select branch_id, trigger, status from ops.builds`;
    expect(builds.map((row) => ({ ...row }))).toEqual([
      { branch_id: org.production, trigger: 'schedule', status: 'queued' },
    ]);
  });

  it('of a branch that builds when somebody asks is a failed run, and of one nobody declared too', async () => {
    await database.superuser`update ops.branches set manual = true where id = ${org.production}`;
    await declareJob(sql, 'by_hand', { call: sqlCall(`select ops.trigger_build('app', 'main')`) });
    await declareJob(sql, 'nowhere', { call: sqlCall(`select ops.trigger_build('app', 'nowhere')`) });
    expect(await fire(sql, 'by_hand', '2027-01-01T03:00:00Z')).toMatch(/^failed/);
    expect(await fire(sql, 'nowhere', '2027-01-01T03:00:00Z')).toMatch(/^failed/);
    await database.superuser`update ops.branches set manual = false`;
    expect(await sql`select from ops.builds`).toHaveLength(0);
    expect((await onlyRun(sql, 'nowhere')).error).toMatch(/no branch nowhere/);
  });
});
