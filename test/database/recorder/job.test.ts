import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Lease } from '../../../actions/_shared/builds/recorder/channel.ts';
import { databaseChannel } from '../../../actions/_shared/builds/recorder/database-channel.ts';
import { finishRecording } from '../../../actions/_shared/builds/recorder/finish-recording.ts';
import { readSession } from '../../../actions/_shared/builds/recorder/session.ts';
import { writeCall } from '../../../actions/_shared/builds/recorder/spool-calls.ts';
import { createTestDatabase } from '../../support/database.ts';
import { kill, openJob, type RecordedJob } from './job.ts';
import { builder, isGapless, storedLines } from './story.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, url } = database;
const { run } = await builder(sql);
afterAll(() => database.drop());

const finish = (
  job: RecordedJob,
  jobStatus: 'success' | 'failure' | 'cancelled' = 'success',
  timeoutMs = 10_000,
) =>
  finishRecording({ paths: job.paths, channel: databaseChannel({ url }), secrets: [], jobStatus, timeoutMs });

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) if (await holds()) return;
  throw new Error('it did not come to that within 10 seconds');
}

const count = async (lease: Lease): Promise<number> => (await storedLines(sql, lease)).length;

describe('a job that records', () => {
  it('shows a line while its command still runs, and passes output and exit code on', async () => {
    const lease = await run();
    const job = openJob(url, lease);
    const recorder = job.record();
    await until(async () => existsSync(job.paths.processFile));
    const step = job.step('date +%s%3N; sleep 2; echo second >&2; exit 3');
    await until(async () => (await count(lease)) === 1);
    const [first] = await storedLines(sql, lease);
    expect(Date.now() - Number(first?.message)).toBeLessThan(1000);
    expect(await step).toEqual({ code: 3, out: `${first?.message}\nsecond\n` });
    const result = await finish(job, 'failure');
    expect(result.kind).toBe('stored');
    await kill(recorder);
    expect(await storedLines(sql, lease)).toEqual([
      { seq: 1, message: first?.message, kind: 'log', level: 'info', step: 'a_step' },
      { seq: 2, message: 'second', kind: 'log', level: 'info', step: 'a_step' },
    ]);
    const [build] = await sql`select status, error from ops.builds where id = ${lease.buildId}`;
    expect(build).toMatchObject({ status: 'failed', error: 'the job failed; its log says where' });
    expect(existsSync(job.paths.folder)).toBe(false);
  });

  it('cuts out what a command hides, its environment’s secrets, and tells later steps', async () => {
    const lease = await run();
    const job = openJob(url, lease);
    await job.step('echo "::add-mask::opensesame"; echo say opensesame; echo $DEPLOY_TOKEN', {
      DEPLOY_TOKEN: 'tok-123456789',
    });
    await job.step('echo again opensesame');
    await finish(job);
    expect((await storedLines(sql, lease)).map(({ message }) => message)).toEqual([
      'say ***',
      '***',
      'again ***',
    ]);
  });

  it('keeps every line once when its background process is killed again and again', async () => {
    const lease = await run();
    const job = openJob(url, lease);
    let recorder = job.record();
    const writing = job.step(
      'for i in $(seq 1 20000); do echo "line $i"; [ $((i % 200)) -eq 0 ] && sleep 0.02; done; true',
    );
    let kills = 0;
    let isWriting = true;
    void writing.then(() => (isWriting = false));
    while (isWriting) {
      await sleep(250 + Math.random() * 200);
      await kill(recorder);
      kills += 1;
      recorder = job.record();
    }
    await sleep(300);
    await kill(recorder);
    expect((await finish(job)).kind).toBe('stored');
    const lines = await storedLines(sql, lease);
    expect(kills).toBeGreaterThan(3);
    expect(isGapless(lines)).toBe(true);
    expect(lines.map(({ message }) => message)).toEqual(
      Array.from({ length: 20_000 }, (_, index) => `line ${index + 1}`),
    );
  }, 60_000);

  it('tells artifacts and metrics in their order, once', async () => {
    const lease = await run();
    const job = openJob(url, lease);
    const recorder = job.record();
    writeCall(job.paths, { op: 'artifact', kind: 'link', name: 'preview', url: 'https://preview.test/1' });
    writeCall(job.paths, { op: 'metrics', key: 'k1', samples: [{ metric: 'bundle_kb', value: 812 }] });
    await sleep(500);
    writeCall(job.paths, { op: 'metrics', key: 'k1', samples: [{ metric: 'bundle_kb', value: 812 }] });
    expect((await finish(job)).kind).toBe('stored');
    await kill(recorder);
    expect(await sql`select name, kind, url from ops.artifacts where build_id = ${lease.buildId}`).toEqual([
      { name: 'preview', kind: 'link', url: 'https://preview.test/1' },
    ]);
    expect(await sql`select value, branch_id from ops.metrics where metric = 'bundle_kb'`).toHaveLength(1);
  });

  it('ends as its job did', async () => {
    for (const [jobStatus, status] of [
      ['success', 'succeeded'],
      ['cancelled', 'cancelled'],
    ] as const) {
      const lease = await run();
      expect((await finish(openJob(url, lease), jobStatus)).kind).toBe('stored');
      const [build] = await sql`select status from ops.builds where id = ${lease.buildId}`;
      expect(build?.status).toBe(status);
    }
  });

  it('ends the build only when it goes wrong, where other jobs come after it', async () => {
    for (const [jobStatus, status] of [
      ['success', 'running'],
      ['failure', 'failed'],
      ['cancelled', 'cancelled'],
    ] as const) {
      const lease = await run();
      const job = openJob(url, lease, { finish: 'failed' });
      expect((await finish(job, jobStatus)).kind).toBe('stored');
      const [build] = await sql`select status from ops.builds where id = ${lease.buildId}`;
      expect([jobStatus, build?.status]).toEqual([jobStatus, status]);
    }
  });

  it('says how its deployment went', async () => {
    for (const [jobStatus, state] of [
      ['success', 'success'],
      ['failure', 'failure'],
      ['cancelled', 'error'],
    ] as const) {
      const lease = await run();
      const job = openJob(url, lease, { deployment: 'staging', environmentUrl: 'https://staging.test' });
      writeCall(job.paths, { op: 'deployment', environment: 'staging', state: 'in_progress' });
      expect((await finish(job, jobStatus)).kind).toBe('stored');
      expect(
        await sql`select environment, state, environment_url from ops.deployments where build_id = ${lease.buildId}`,
      ).toEqual([{ environment: 'staging', state, environment_url: 'https://staging.test' }]);
    }
  });

  it('stops its command when somebody asked for that', async () => {
    const lease = await run();
    const job = openJob(url, lease);
    const step = job.step('echo begun; sleep 60');
    await sleep(500);
    await import('node:fs').then(({ writeFileSync }) => writeFileSync(job.paths.cancelFile, ''));
    const { code, out } = await step;
    expect([code, out]).toEqual([143, expect.stringContaining('The build was asked to stop.')]);
    await finish(job, 'failure');
    const [build] = await sql`select status from ops.builds where id = ${lease.buildId}`;
    expect(build?.status).toBe('cancelled');
  });

  it('does not look alive when its runner is gone', async () => {
    const lease = await run();
    const job = openJob(url, lease);
    const recorder = job.record();
    await until(async () => existsSync(job.paths.processFile));
    // The folder goes with the job.
    expect(readSession(job.paths).lease).toEqual(lease);
    await import('node:fs').then(({ rmSync }) => rmSync(job.paths.folder, { recursive: true }));
    await until(async () => recorder.exitCode !== null || recorder.signalCode !== null);
  });
});
