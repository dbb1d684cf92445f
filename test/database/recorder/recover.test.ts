import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../../actions/_shared/builds/recorder/frame.ts';
import { encodeFrame } from '../../../actions/_shared/builds/recorder/frame.ts';
import { headLine, type JournalHead } from '../../../actions/_shared/builds/recorder/journal-file.ts';
import { replayBuffer } from '../../../actions/_shared/builds/recorder/replay.ts';
import { zipFile } from '../../../actions/_shared/builds/recorder/zip-file.ts';
import { downloadFile } from '../../../actions/_shared/builds/recovery/download.ts';
import { type Recovered, recoverLogs } from '../../../actions/_shared/builds/recovery/recover-logs.ts';
import { storeJobLogs } from '../../../actions/_shared/builds/recovery/store-job-logs.ts';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import { createSingleShotClient } from '../../../actions/_shared/github/single-shot-client.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import type { StoredRun } from '../../../local/github/state/runs.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addOrganisation } from '../builds/people.ts';
import { isGapless, storedLines } from './story.ts';

const workflow = `
name: build
on: { workflow_dispatch: {}, push: { branches: [main] } }
jobs: {}
`;
const canary = 'canary-deploy-token-0123456789';

let database: TestDatabase;
let service: Sql;
let github: GitHubStandIn;
let permissions: 'read' | 'none';

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  service = database.as('service_role');
  await addOrganisation(database.sql, 'acme');
  github = await startGitHub({ owner: 'acme', repo: 'app' });
  github.addUser({ login: 'alice', role: 'admin' });
  github.as('alice').push({ files: { '.github/workflows/build.yml': workflow } });
});
afterAll(async () => {
  expect(github.violations).toEqual([]);
  await github.stop();
  await database.drop();
});
beforeEach(async () => {
  permissions = 'read';
  github.store.artifacts.clear();
  for (const table of [
    'builds',
    'build_events',
    'log_recoveries',
    'buffer_looks',
    'queued_jobs',
    'job_leases',
  ])
    await database.superuser`delete from ops.${database.superuser(table)}`;
  await database.superuser`update ops.projects set repository_id = null`;
});

/** A round of whoever comes by, as service_role, with a workflow's token. */
async function round(options: { readonly graceMs?: number; readonly sql?: Sql } = {}): Promise<Recovered> {
  const token = github.issueToken({ permissions: permissions === 'read' ? { actions: 'read' } : {} });
  const client = createSingleShotClient({ token, apiUrl: github.apiUrl, owner: 'acme', repo: 'app' });
  return recoverLogs({
    sql: options.sql ?? service,
    clientOf: (repository) => (repository === 'acme/app' ? client : null),
    secrets: [canary],
    graceMs: options.graceMs ?? 0,
  });
}

interface TestJob {
  readonly key: string;
  readonly log?: string;
  readonly conclusion?: 'success' | 'failure' | 'skipped';
}

/** A run on GitHub whose jobs are over. */
function ranOnGitHub(jobs: readonly TestJob[], { isOver = true } = {}): StoredRun {
  const run = github.as('alice').dispatch('build.yml');
  const stored = github.runs.addJobs(
    run.id,
    jobs.map(({ key }) => ({ key })),
  );
  github.runs.start(run.id);
  for (const [index, { log, conclusion = 'success' }] of jobs.entries()) {
    const id = stored[index]?.id ?? 0;
    if (conclusion !== 'skipped') github.runs.startJob(id);
    if (log !== undefined) github.runs.log(id, log);
    github.runs.finishJob(id, conclusion);
  }
  if (isOver) github.runs.finish(run.id, 'success');
  return run;
}

interface TestBuild {
  readonly buildId: string;
  readonly attempt: number;
  readonly token: string;
}

/** The run takes a build, as its recorder would. */
async function taken(run: StoredRun, runAttempt = 1): Promise<TestBuild> {
  const asked = { run_id: run.id, run_attempt: runAttempt, repository: 'acme/app', branch: 'main' };
  const [row] = await service<{ build_id: string; attempt: number; lease_token: string }[]>`
    select build_id, attempt, lease_token from ops.record_build_start(null, ${service.json(asked)}, 'test')`;
  if (row === undefined) throw new Error('no answer');
  return { buildId: row.build_id, attempt: row.attempt, token: row.lease_token };
}

async function ended(build: TestBuild, status = 'succeeded'): Promise<TestBuild> {
  await service`select ops.record_build_status(${build.buildId}, ${build.attempt}, ${build.token}, ${status})`;
  return build;
}

async function statusOf({ buildId }: { readonly buildId: string }): Promise<string> {
  const [row] = await service<{ status: string }[]>`select status from ops.builds where id = ${buildId}`;
  return row?.status ?? 'none';
}

async function saidOf({ buildId }: { readonly buildId: string }): Promise<string[]> {
  const rows = await service<{ message: string }[]>`
    select message from ops.build_events where build_id = ${buildId} and attempt = 0 and kind = 'recovery' order by seq`;
  return rows.map(({ message }) => message);
}

const recoveries = (): Promise<{ kind: string; state: string; error: string | null }[]> =>
  service`select kind, state, error from ops.log_recoveries order by id`.then((rows) =>
    rows.map((row) => ({ kind: String(row.kind), state: String(row.state), error: row.error })),
  );

const stamp = (second: number): string => `2026-11-21T08:00:${String(second).padStart(2, '0')}.1234567Z`;

describe('the log of a run that recorded none of its lines', () => {
  it('is fetched from GitHub when the run has ended: job after job, with times, levels, and without secrets', async () => {
    const run = ranOnGitHub([
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
    const build = await ended(await taken(run), 'failed');
    expect(await round()).toEqual({ replayed: 0, imported: 1, lines: 7, failures: [] });

    const lines = await storedLines(service, build);
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
    const [first] = await service<{ at: Date }[]>`
      select at from ops.build_events where build_id = ${build.buildId} and attempt = 1 order by seq limit 1`;
    expect(first?.at.toISOString()).toBe('2026-11-21T08:00:01.123Z');
    expect(await saidOf(build)).toEqual([
      'the run recorded no line; its log was fetched from GitHub: 7 lines',
    ]);
    expect(await statusOf(build)).toBe('failed');
  });

  it('is fetched once, whoever comes by, also two at once', async () => {
    const build = await ended(await taken(ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])));
    const other = database.as('service_role');
    const rounds = await Promise.all([round(), round({ sql: other }), round()]);
    await other.end();
    rounds.push(await round());
    expect(rounds.reduce((sum, { imported }) => sum + imported, 0)).toBe(1);
    expect(await storedLines(service, build)).toHaveLength(1);
    expect(await recoveries()).toEqual([{ kind: 'job_log', state: 'stored', error: null }]);
  });

  it('is left alone where the build has lines of its own, goes on, or has just ended', async () => {
    const told = await taken(ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }]));
    await service`select ops.record_build_lines(${told.buildId}, 1, ${told.token}, 1, 'its own')`;
    await ended(told);
    const running = await taken(ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }]));
    const fresh = await ended(await taken(ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])));
    expect(await round({ graceMs: 60_000 })).toMatchObject({ imported: 0, failures: [] });
    expect((await storedLines(service, told)).map(({ message }) => message)).toEqual(['its own']);
    expect([await storedLines(service, running), await storedLines(service, fresh)]).toEqual([[], []]);
    expect(await round()).toMatchObject({ imported: 1 });
    expect(await storedLines(service, fresh)).toHaveLength(1);
  });

  it('waits for the end of the run, and for GitHub to have its log', async () => {
    const run = ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }], { isOver: false });
    const build = await ended(await taken(run));
    expect(await round()).toMatchObject({ imported: 0, failures: [] });
    expect(await recoveries()).toEqual([
      { kind: 'job_log', state: 'open', error: 'its run is not over yet' },
    ]);
    github.runs.finish(run.id, 'success');
    expect(await round()).toMatchObject({ imported: 0 });
    await database.superuser`update ops.log_recoveries set next_at = now()`;
    expect(await round()).toMatchObject({ imported: 1 });
    expect(await storedLines(service, build)).toHaveLength(1);
  });

  it('is tried again when GitHub does not answer, and given up after ten tries', async () => {
    const build = await ended(await taken(ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])));
    github.fail({ operation: 'actions/download-job-logs-for-workflow-run', kind: 'bad_gateway', times: 1 });
    const { failures } = await round();
    expect(failures).toEqual([expect.stringContaining(`log of build ${build.buildId}: `)]);
    expect(failures.join()).not.toContain('sig=');
    await database.superuser`update ops.log_recoveries set next_at = now(), tries = 10`;
    expect(await round()).toMatchObject({ imported: 0 });
    expect(await recoveries()).toMatchObject([{ state: 'gone' }]);
    await database.superuser`delete from ops.log_recoveries`;
    expect(await round()).toMatchObject({ imported: 1 });
  });

  it('is kept as far as a log is kept, and says that there was more', async () => {
    const build = await ended(await taken(ranOnGitHub([{ key: 'build' }])));
    const text = Array.from({ length: 5 }, (_, index) => `${stamp(index)} line ${index + 1}\n`).join('');
    const logs = [
      { job: 'build', text, isCut: false },
      { job: 'deploy', text, isCut: true },
    ];
    await service.begin(async (sql) => {
      expect(await storeJobLogs(sql, build, logs, { mostLines: 7 })).toEqual({ outcome: 'stored', lines: 7 });
    });
    const stored = await storedLines(service, build);
    expect(isGapless(stored)).toBe(true);
    expect(stored.slice(-2).map(({ kind, level, message }) => [kind, level, message])).toEqual([
      ['log', 'info', 'line 2'],
      ['gap', 'warning', '3 lines and more were left out: more than a log keeps'],
    ]);
  });

  it('is not read further than anybody wants, and the token stays at home', async () => {
    ranOnGitHub([{ key: 'build', log: 'x'.repeat(300_000) }]);
    const job = Math.max(...github.store.jobs.keys());
    const client = createSingleShotClient({
      token: github.issueToken({ permissions: { actions: 'read' } }),
      apiUrl: github.apiUrl,
      owner: 'acme',
      repo: 'app',
    });
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
    permissions = 'none';
    await ended(await taken(ranOnGitHub([{ key: 'build', log: `${stamp(1)} hello\n` }])));
    const { failures } = await round();
    expect(failures).toHaveLength(2);
    expect(await recoveries()).toMatchObject([{ state: 'open' }]);
  });
});

/** What a recorder leaves when the database is away: a zip with its buffer. */
function leaveBuffer(
  run: StoredRun,
  frames: readonly Frame[],
  head: Partial<Omit<JournalHead, 'run'>> & { readonly run?: Partial<JournalHead['run']> } = {},
  artifact: { readonly content?: Buffer } = {},
): number {
  const whole: JournalHead = {
    opsroom_buffer: 1,
    build: null,
    attempt: null,
    shift: 0,
    next: 1,
    sources: {},
    ...head,
    run: {
      repository: 'acme/app',
      runId: String(run.id),
      runAttempt: 1,
      branch: 'main',
      trigger: 'push',
      runnerId: 'test',
      ...head.run,
    },
  };
  const buffer = Buffer.concat([headLine(whole), ...frames.map((frame) => encodeFrame(frame))]);
  const id = github.store.artifacts.size + 900;
  const now = new Date();
  github.store.artifacts.set(id, {
    id,
    runId: run.id,
    name: `opsroom-buffer-${whole.build ?? run.id}-1`,
    content: artifact.content ?? zipFile('buffer.opsroom', buffer, now),
    digest: 'sha256:0',
    mimeType: 'application/zip',
    createdAt: now,
    expiresAt: new Date(now.getTime() + 1_000_000),
  });
  return id;
}

const lines = (seq: number, texts: readonly string[], at = '2026-11-21T08:00:01.000Z'): Frame => ({
  op: 'lines',
  seq,
  count: texts.length,
  at,
  kind: 'log',
  levels: ['info'],
  step: 'build',
  text: texts.join('\n'),
});
const succeeded: Frame = { op: 'status', status: 'succeeded' };
const textsOf = async (build: { buildId: string; attempt: number; token: string }): Promise<string[]> => {
  const stored = await storedLines(service, build);
  expect(isGapless(stored)).toBe(true);
  return stored.map(({ message }) => message);
};

describe('a buffer that a recorder left as an artifact', () => {
  it('is stored behind the lines that came through, once, with how the build ended', async () => {
    const run = ranOnGitHub([{ key: 'build', log: `${stamp(1)} as GitHub has it\n` }]);
    const build = await taken(run);
    await service`
      select ops.record_build_lines(${build.buildId}, 1, ${build.token}, 1, ${'one\ntwo'}, ${'{2026-11-21T08:00:00Z}'}::text::timestamptz[])`;
    leaveBuffer(run, [lines(3, ['three', 'four']), { ...succeeded, status: 'almost' }], {
      build: build.buildId,
      attempt: 1,
      next: 3,
    });
    // What GitHub knows of the run is less than what its recorder knew: the buffer goes first.
    expect(await round()).toEqual({ replayed: 1, imported: 0, lines: 2, failures: [] });
    expect(await textsOf(build)).toEqual(['one', 'two', 'three', 'four']);
    expect(await statusOf(build)).toBe('almost');
    expect(await saidOf(build)).toEqual([
      `what the recorder of run ${run.id} could not store was found in its artifact: 2 lines`,
    ]);
    await database.superuser`update ops.buffer_looks set looked_until = now() - interval '1 day'`;
    expect(await round()).toEqual({ replayed: 0, imported: 0, lines: 0, failures: [] });
    expect(await textsOf(build)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('opens the build of a run that never reached the database', async () => {
    const run = ranOnGitHub([{ key: 'build' }]);
    leaveBuffer(run, [lines(1, ['one', 'two']), succeeded]);
    expect(await round()).toMatchObject({ replayed: 1, lines: 2, failures: [] });
    const [build] = await service<{ id: string; commit_sha: string; trigger: string }[]>`
      select id, commit_sha, trigger from ops.builds where github_run_id = ${run.id}`;
    // From GitHub, not from the artifact.
    expect(build).toMatchObject({ commit_sha: run.headSha, trigger: 'dispatch' });
    const buildId = build?.id ?? '';
    expect(await textsOf({ buildId, attempt: 1, token: '' })).toEqual(['one', 'two']);
    expect(await statusOf({ buildId })).toBe('succeeded');
  });

  it('still has its place when GitHub was asked about the build meanwhile', async () => {
    const run = ranOnGitHub([{ key: 'build' }]);
    const asked = { p_project_slug: null, p_branch: 'main', p_repository: 'acme/app' };
    const [opened] = await service<{ build_id: string }[]>`
      select build_id from ops.open_build(${asked.p_project_slug}, ${asked.p_branch}, 'push', ${run.id}, 1, ${asked.p_repository})`;
    const buildId = opened?.build_id ?? '';
    await service`select ops.settle_silent_build(${buildId}, 1, 'succeeded', 'it says so')`;
    leaveBuffer(run, [lines(1, ['one', 'two']), { ...succeeded, status: 'almost' }], {
      run: { buildId },
    });
    expect(await round()).toMatchObject({ replayed: 1, imported: 0, lines: 2, failures: [] });
    expect(await textsOf({ buildId, attempt: 1, token: '' })).toEqual(['one', 'two']);
    // That there were warnings its recorder alone knows.
    expect(await statusOf({ buildId })).toBe('almost');
  });

  it('goes behind the lines of a later job that took its numbers', async () => {
    const run = ranOnGitHub([{ key: 'build' }, { key: 'deploy' }]);
    const build = await taken(run);
    const say = (seq: number, text: string, at: string) =>
      service`select ops.record_build_lines(${build.buildId}, 1, ${build.token}, ${seq}, ${text}, ${`{${at}}`}::text::timestamptz[])`;
    await say(1, 'one\ntwo', '2026-11-21T08:00:00Z');
    // Stored, and the answer was lost: it is in the buffer as well.
    await say(3, 'three', '2026-11-21T08:00:01.000Z');
    await say(4, 'same words\nof the next job', '2026-11-21T08:00:09Z');
    await ended(build);
    const own = [lines(3, ['three', 'same words', 'five']), lines(6, ['six'], '2026-11-21T08:00:02.000Z')];
    leaveBuffer(run, own, { build: build.buildId, attempt: 1, next: 3 });
    const whole = ['one', 'two', 'three', 'same words', 'of the next job', 'same words', 'five', 'six'];
    expect(await round()).toMatchObject({ replayed: 1, failures: [] });
    expect(await textsOf(build)).toEqual(whole);
    // Also by hand, which nobody counts.
    const kept = [...github.store.artifacts.values()][0]?.content ?? Buffer.alloc(0);
    expect(await replayBuffer(service, kept)).toMatchObject({ outcome: 'stored', lines: 4 });
    expect(await textsOf(build)).toEqual(whole);
    await database.superuser`delete from ops.log_recoveries`;
    await database.superuser`delete from ops.buffer_looks`;
    expect(await round()).toMatchObject({ replayed: 1, failures: [] });
    expect(await textsOf(build)).toEqual(whole);
  });

  it('waits while other jobs of its run may write', async () => {
    const run = ranOnGitHub([{ key: 'build' }], { isOver: false });
    const build = await taken(run);
    leaveBuffer(run, [lines(1, ['one']), succeeded], { build: build.buildId, attempt: 1 });
    expect(await round()).toMatchObject({ replayed: 0, failures: [] });
    github.runs.finish(run.id, 'success');
    await database.superuser`update ops.log_recoveries set next_at = now()`;
    expect(await round()).toMatchObject({ replayed: 1 });
    expect(await textsOf(build)).toEqual(['one']);
  });

  it('comes too late for a build that is at another attempt', async () => {
    const run = ranOnGitHub([{ key: 'build' }]);
    const build = await ended(await taken(run), 'failed');
    leaveBuffer(run, [lines(1, ['one'])], { build: build.buildId, attempt: 1 });
    await taken(run, 2);
    expect(await round()).toMatchObject({ replayed: 0, failures: [] });
    expect(await recoveries()).toMatchObject([{ kind: 'buffer', state: 'stale' }]);
    expect(await storedLines(service, build)).toEqual([]);
  });
});

describe('an artifact that is not what it says', () => {
  const tells = [lines(1, ['forged']), succeeded];

  async function victim(): Promise<TestBuild> {
    return taken(ranOnGitHub([{ key: 'build' }]));
  }

  async function refusal(): Promise<string> {
    expect(await round()).toMatchObject({ replayed: 0, imported: 0 });
    const [only, ...others] = await recoveries();
    expect([only?.kind, only?.state, others]).toEqual(['buffer', 'refused', []]);
    return only?.error ?? '';
  }

  it('does not write to the build of another run, whatever it names', async () => {
    const build = await victim();
    const own = ranOnGitHub([{ key: 'build' }]);
    leaveBuffer(own, tells, { build: build.buildId, attempt: 1 });
    await round();
    expect(await recoveries()).toMatchObject([{ kind: 'buffer', state: 'stale' }]);
    expect([await storedLines(service, build), await statusOf(build)]).toEqual([[], 'running']);
  });

  it('does not speak for another run', async () => {
    const build = await victim();
    const [{ github_run_id: run } = { github_run_id: '0' }] = await service<{ github_run_id: string }[]>`
      select github_run_id from ops.builds where id = ${build.buildId}`;
    leaveBuffer(ranOnGitHub([{ key: 'build' }]), tells, {
      build: build.buildId,
      attempt: 1,
      run: { runId: run },
    });
    expect(await refusal()).toContain('another run');
    expect(await storedLines(service, build)).toEqual([]);
  });

  it('does not come from a fork', async () => {
    const run = ranOnGitHub([{ key: 'build' }]);
    const build = await taken(run);
    leaveBuffer(run, tells, { build: build.buildId, attempt: 1 });
    const client = createSingleShotClient({
      token: github.issueToken({ permissions: { actions: 'read' } }),
      apiUrl: github.apiUrl,
      owner: 'acme',
      repo: 'app',
    });
    // The stand-in knows no forks: what it says of the run is changed on the way.
    client.octokit.hook.after('request', (response: { data: unknown }) => {
      const body = response.data as { workflow_run?: { head_repository_id?: number } };
      if (body?.workflow_run?.head_repository_id !== undefined) body.workflow_run.head_repository_id = 1;
    });
    const { replayed, failures } = await recoverLogs({ sql: service, clientOf: () => client, graceMs: 0 });
    expect([replayed, failures.join()]).toEqual([0, expect.stringContaining('a run of a fork left it')]);
    expect(await storedLines(service, build)).toEqual([]);
  });

  it('does not write to a branch or a repository it did not run on', async () => {
    const build = await victim();
    await database.superuser`update ops.builds set github_run_id = null, status = 'dispatched' where id = ${build.buildId}`;
    await database.superuser`update ops.build_dispatches set github_run_id = null`;
    await database.superuser`update ops.branches set name = 'other' where name = 'main'`;
    leaveBuffer(ranOnGitHub([{ key: 'build' }]), tells, { run: { buildId: build.buildId } });
    expect(await refusal()).toContain('it is of another branch');
    await database.superuser`update ops.branches set name = 'main' where name = 'other'`;
    expect(await storedLines(service, build)).toEqual([]);
  });

  it('does not write to its own build from another workflow than the one that builds', async () => {
    const run = ranOnGitHub([{ key: 'build' }]);
    const build = await taken(run);
    leaveBuffer(run, tells, { build: build.buildId, attempt: 1 });
    await database.superuser`update ops.projects set workflow = 'release.yml'`;
    expect(await refusal()).toContain('it is of another workflow');
    await database.superuser`update ops.projects set workflow = 'build.yml'`;
    expect(await storedLines(service, build)).toEqual([]);
  });

  it('is not a buffer, holds other lines than it says, or opens no build', async () => {
    const run = ranOnGitHub([{ key: 'build' }]);
    leaveBuffer(run, tells, {}, { content: Buffer.from('PK but no zip') });
    expect(await refusal()).toContain('zip');
    await database.superuser`delete from ops.log_recoveries`;
    github.store.artifacts.clear();
    leaveBuffer(run, [{ ...lines(1, ['one', 'two']), count: 5 } as Frame]);
    expect(await refusal()).toContain('holds other lines');
    await database.superuser`delete from ops.log_recoveries`;
    github.store.artifacts.clear();
    leaveBuffer(run, tells, { run: { buildId: randomUUID() } });
    expect(await refusal()).toContain('there is no build');
  });
});
