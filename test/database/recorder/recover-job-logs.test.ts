import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { downloadFile } from '../../../actions/_shared/builds/recovery/download.ts';
import { storeJobLogs } from '../../../actions/_shared/builds/recovery/store-job-logs.ts';
import { canary, openRecoveryWorld, type RecoveryWorld, stamp } from './recovery-world.ts';
import { isGapless, storedLines } from './story.ts';

let world: RecoveryWorld;
beforeAll(async () => {
  world = await openRecoveryWorld(import.meta.url);
});
afterAll(async () => {
  expect(world.github.violations).toEqual([]);
  await world.close();
});
beforeEach(() => world.empty());

describe('the log of a run that recorded none of its lines', () => {
  it('is fetched from GitHub when the run has ended: job after job, with times, levels, and without secrets', async () => {
    const run = world.ranOnGitHub([
      {
        key: 'build',
        log: `\uFEFF${stamp(1)} ##[group]Run npm ci\n${stamp(1)} \u001b[36;1mnpm ci\u001b[0m\n${stamp(1)} ##[endgroup]\n${stamp(2)} added 12 packages\n\n${stamp(3)} ##[warning]old thing\n`,
      },
      { key: 'skipped', conclusion: 'skipped' },
      {
        key: 'deploy',
        conclusion: 'failure',
        log: `${stamp(4)} with ${canary} and postgres://u:pw@db/x\n${stamp(5)} ##[error]it broke\n`,
      },
    ]);
    const build = await world.ended(await world.taken(run), 'failed');
    expect(await world.round()).toEqual({ replayed: 0, imported: 1, lines: 7, failures: [] });

    const lines = await storedLines(world.service, build);
    expect(isGapless(lines)).toBe(true);
    expect(lines.map(({ step, level, message }) => `${step} ${level} ${message}`)).toEqual([
      'build info Run npm ci',
      'build info \u001b[36;1mnpm ci\u001b[0m',
      'build info added 12 packages',
      'build info ',
      'build warning old thing',
      'deploy info with *** and postgres://[redacted]@db/x',
      'deploy error it broke',
    ]);
    const [first] = await world.service<{ at: Date }[]>`
      select at from ops.build_events where build_id = ${build.buildId} and attempt = 1 order by seq limit 1`;
    expect(first?.at.toISOString()).toBe('2026-11-21T08:00:01.123Z');
    expect(await world.saidOf(build)).toEqual([
      'the run recorded no line; its log was fetched from GitHub: 7 lines',
    ]);
    expect(await world.statusOf(build)).toBe('failed');
  });

  it('is fetched once, whoever comes by, also two at once', async () => {
    const build = await world.ended(
      await world.taken(world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])),
    );
    const other = world.database.as('service_role');
    const rounds = await Promise.all([world.round(), world.round({ sql: other }), world.round()]);
    await other.end();
    rounds.push(await world.round());
    expect(rounds.reduce((sum, { imported }) => sum + imported, 0)).toBe(1);
    expect(await storedLines(world.service, build)).toHaveLength(1);
    expect(await world.recoveries()).toEqual([{ kind: 'job_log', state: 'stored', error: null }]);
  });

  it('is left alone where the build has lines of its own, goes on, or has just ended', async () => {
    const told = await world.taken(world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }]));
    await world.service`select ops.record_build_lines(${told.buildId}, 1, ${told.token}, 1, 'its own')`;
    await world.ended(told);
    const running = await world.taken(world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }]));
    const fresh = await world.ended(
      await world.taken(world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])),
    );
    expect(await world.round({ graceMs: 60_000 })).toMatchObject({ imported: 0, failures: [] });
    expect((await storedLines(world.service, told)).map(({ message }) => message)).toEqual(['its own']);
    expect([await storedLines(world.service, running), await storedLines(world.service, fresh)]).toEqual([
      [],
      [],
    ]);
    expect(await world.round()).toMatchObject({ imported: 1 });
    expect(await storedLines(world.service, fresh)).toHaveLength(1);
  });

  it('waits for the end of the run, and for GitHub to have its log', async () => {
    const run = world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }], { isOver: false });
    const build = await world.ended(await world.taken(run));
    expect(await world.round()).toMatchObject({ imported: 0, failures: [] });
    expect(await world.recoveries()).toEqual([
      { kind: 'job_log', state: 'open', error: 'its run is not over yet' },
    ]);
    world.github.runs.finish(run.id, 'success');
    expect(await world.round()).toMatchObject({ imported: 0 });
    await world.database.superuser`update ops.log_recoveries set next_at = now()`;
    expect(await world.round()).toMatchObject({ imported: 1 });
    expect(await storedLines(world.service, build)).toHaveLength(1);
  });

  it('is tried again when GitHub does not answer, and given up after ten tries', async () => {
    const build = await world.ended(
      await world.taken(world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])),
    );
    world.github.fail({
      operation: 'actions/download-job-logs-for-workflow-run',
      kind: 'bad_gateway',
      times: 1,
    });
    const { failures } = await world.round();
    expect(failures).toEqual([expect.stringContaining(`log of build ${build.buildId}: `)]);
    expect(failures.join()).not.toContain('sig=');
    await world.database.superuser`update ops.log_recoveries set next_at = now(), tries = 10`;
    expect(await world.round()).toMatchObject({ imported: 0 });
    expect(await world.recoveries()).toMatchObject([{ state: 'gone' }]);
    await world.database.superuser`delete from ops.log_recoveries`;
    expect(await world.round()).toMatchObject({ imported: 1 });
  });

  it('is kept as far as a log is kept, and says that there was more', async () => {
    const build = await world.ended(await world.taken(world.ranOnGitHub([{ key: 'build' }])));
    const text = Array.from({ length: 5 }, (_, index) => `${stamp(index)} line ${index + 1}\n`).join('');
    const logs = [
      { job: 'build', text, isCut: false },
      { job: 'deploy', text, isCut: true },
    ];
    await world.service.begin(async (sql) => {
      expect(await storeJobLogs(sql, build, logs, { mostLines: 7 })).toEqual({ outcome: 'stored', lines: 7 });
    });
    const stored = await storedLines(world.service, build);
    expect(isGapless(stored)).toBe(true);
    expect(stored.slice(-2).map(({ kind, level, message }) => [kind, level, message])).toEqual([
      ['log', 'info', 'line 2'],
      ['gap', 'warning', '3 lines and more were left out: more than a log keeps'],
    ]);
  });

  it('is not read further than anybody wants, and the token stays at home', async () => {
    world.ranOnGitHub([{ key: 'build', log: 'x'.repeat(300_000) }]);
    const job = Math.max(...world.github.store.jobs.keys());
    const client = world.client();
    const logOf = (jobId: number, mostBytes: number) =>
      downloadFile(
        client,
        { route: 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', parameters: { job_id: jobId } },
        mostBytes,
      );
    expect(await logOf(job, 1000)).toMatchObject({ isCut: true, bytes: { length: 1000 } });
    expect(await logOf(job, 300_000)).toMatchObject({ isCut: false, bytes: { length: 300_000 } });
    expect(await logOf(4711, 1000)).toBeNull();
    // Somewhere else than the API, as GitHub's storage is.
    const asked: (string | undefined)[] = [];
    const storage = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end('elsewhere');
    }).listen(0, '127.0.0.1');
    await once(storage, 'listening');
    const address = storage.address();
    client.octokit.hook.after('request', (response) => {
      if (typeof address === 'object') response.headers.location = `http://127.0.0.1:${address?.port}/log`;
    });
    expect((await logOf(job, 1000))?.bytes.toString()).toBe('elsewhere');
    expect(asked).toEqual([undefined]);
    client.octokit.hook.after('request', (response) => {
      response.headers.location = 'http://storage.example.test/log';
    });
    await expect(logOf(job, 1000)).rejects.toThrow('without an address');
    storage.close();
  });

  it('says what its token may not do, and nothing else suffers', async () => {
    await world.ended(await world.taken(world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])));
    const { failures } = await world.round({ permissions: {} });
    expect(failures).toHaveLength(2);
    expect(await world.recoveries()).toMatchObject([{ state: 'open' }]);
  });
});
