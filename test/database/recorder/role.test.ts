import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { databaseChannel } from '../../../actions/_shared/builds/recorder/database-channel.ts';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild } from '../builds/people.ts';
import { builder, openTestRecorder, request, storedLines } from './story.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const { org } = await builder(sql);

/** The role as docs/recording.md makes it: what people are told is what is tested. */
const documented = /```sql\n(create role ops_recorder[\s\S]*?)```/.exec(
  readFileSync(path.resolve(import.meta.dirname, '../../../docs/recording.md'), 'utf8'),
)?.[1];
const role = `ops_recorder_${process.pid}`;
await sql.unsafe(
  (documented ?? '').replaceAll('ops_recorder', role).replaceAll('CHANGE-ME', 'recorder-pass'),
);
const address = new URL(database.url);
address.username = role;
address.password = 'recorder-pass';
const recorderSql = connect({ url: address.href, applicationName: 'test', max: 1 });
afterAll(async () => {
  await recorderSql.end();
  await database.superuser.unsafe(`drop owned by ${role}; drop role ${role}`);
  await database.drop();
});

describe('the role of a recorder', () => {
  it('starts a build, writes its story and ends it', async () => {
    const { id } = await addBuild(sql, org.production);
    const channel = databaseChannel({ url: address.href });
    const started = await channel.start({ ...request, buildId: id });
    if (started.outcome !== 'started') throw new Error('it was not started');
    const { recorder } = openTestRecorder({ channel, lease: started.lease });
    recorder.write('one\ntwo', { step: 'build' });
    recorder.call({ op: 'artifact', kind: 'link', name: 'preview', url: 'https://preview.test' });
    recorder.call({ op: 'metrics', key: 'k', samples: [{ metric: 'kb', value: 1 }] });
    expect(await channel.heartbeat(started.lease)).toBe('held');
    recorder.call({ op: 'status', status: 'succeeded' });
    expect(await recorder.drain(5000)).toBe(true);
    await recorder.close();
    expect(await storedLines(sql, started.lease)).toHaveLength(2);
    expect(await sql`select status from ops.builds where id = ${id}`).toEqual([{ status: 'succeeded' }]);
  });

  it('opens a build for a run nobody dispatched', async () => {
    const channel = databaseChannel({ url: address.href });
    const started = await channel.start({ ...request, runId: '815', sha: 'c'.repeat(40) });
    await channel.close();
    expect(started.outcome).toBe('started');
  });

  it.each([
    'select * from ops.builds',
    'select * from ops.build_events',
    'select * from ops.build_leases',
    "insert into ops.metrics (ts, value, org_id, project_id, metric) values (now(), 1, ops.new_id(), ops.new_id(), 'x')",
    "select ops.set_build_status((select ops.new_id()), 'failed')",
    "select ops.append_build_events((select '0190f000-0000-7000-8000-000000000000'::uuid), 1, 1, 'x')",
    "select ops.create_build('0190f000-0000-7000-8000-000000000000')",
    "select ops.cancel_build('0190f000-0000-7000-8000-000000000000')",
    "select ops.read_secret('internal_job_token')",
    'select ops.fire_now((select null::text), null)',
    "select ops.replay_build_status('0190f000-0000-7000-8000-000000000000', 1, 'failed')",
    "select ops.record_build_from_run('{}', '{}')",
  ])('may do nothing else: %s', async (statement) => {
    await expect(recorderSql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('writes nothing without the lease, and nothing with that of another build', async () => {
    await sql`update ops.builds set status = 'lost', finished_at = now() where finished_at is null`;
    await sql`delete from ops.queued_jobs`;
    const channel = databaseChannel({ url: address.href });
    const leases = [];
    for (const branch of [org.production, org.staging]) {
      const { id } = await addBuild(sql, branch);
      const started = await channel.start({ ...request, runId: String(leases.length + 900), buildId: id });
      if (started.outcome === 'started') leases.push(started.lease);
    }
    await channel.close();
    const [one, two] = leases;
    const write = (token: string | null) =>
      recorderSql`select outcome from ops.record_build_lines(${one?.buildId ?? null}, 1, ${token}, 1, 'x')`;
    await expect(write(null)).rejects.toMatchObject({ code: '22023' });
    expect(await write(two?.token ?? '')).toEqual([{ outcome: 'stale' }]);
    await expect(
      recorderSql`select ops.record_build_status(${one?.buildId ?? null}, 1, ${one?.token ?? null}, 'lost')`,
    ).rejects.toMatchObject({ code: '22023' });
  });
});
