/** A database, a GitHub with runs whose jobs are over, and rounds of whoever looks for what their recorders could not store. */
import type { Frame } from '../../../actions/_shared/builds/recorder/frame.ts';
import { encodeFrame } from '../../../actions/_shared/builds/recorder/frame.ts';
import { headLine, type JournalHead } from '../../../actions/_shared/builds/recorder/journal-file.ts';
import { zipFile } from '../../../actions/_shared/builds/recorder/zip-file.ts';
import { type Recovered, recoverLogs } from '../../../actions/_shared/builds/recovery/recover-logs.ts';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import type { GitHubClient } from '../../../actions/_shared/github/client.ts';
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

/** A secret of the round, which no line may show. */
export const canary = 'canary-deploy-token-0123456789';

/** As GitHub writes the time before each line of a job's log. */
export const stamp = (second: number): string =>
  `2026-11-21T08:00:${String(second).padStart(2, '0')}.1234567Z`;

/** Lines as a recorder keeps them. */
export const lines = (seq: number, texts: readonly string[], at = '2026-11-21T08:00:01.000Z'): Frame => ({
  op: 'lines',
  seq,
  count: texts.length,
  at,
  kind: 'log',
  levels: ['info'],
  step: 'build',
  text: texts.join('\n'),
});
export const succeeded = { op: 'status', status: 'succeeded' } as const satisfies Frame;

export interface TestJob {
  readonly key: string;
  readonly log?: string;
  readonly conclusion?: 'success' | 'failure' | 'skipped';
}

export interface TestBuild {
  readonly buildId: string;
  readonly attempt: number;
  readonly token: string;
}

/** What `leaveBuffer` writes at the top, where it is not as usual. */
export type BufferHead = Partial<Omit<JournalHead, 'run'>> & { readonly run?: Partial<JournalHead['run']> };

/** @param file `import.meta.url` of the test. */
export async function openRecoveryWorld(file: string): Promise<RecoveryWorld> {
  const database = await createTestDatabase(file);
  await addOrganisation(database.sql, 'acme');
  const github = await startGitHub({ owner: 'acme', repo: 'app' });
  github.addUser({ login: 'alice', role: 'admin' });
  github.as('alice').push({ files: { '.github/workflows/build.yml': workflow } });
  return new RecoveryWorld(database, github);
}

export class RecoveryWorld {
  readonly database: TestDatabase;
  readonly github: GitHubStandIn;
  /** As service_role. */
  readonly service: Sql;

  constructor(database: TestDatabase, github: GitHubStandIn) {
    this.database = database;
    this.github = github;
    this.service = database.as('service_role');
  }

  /** As it was before any test. */
  async empty(): Promise<void> {
    const { superuser } = this.database;
    this.github.store.artifacts.clear();
    for (const table of [
      'builds',
      'build_events',
      'log_recoveries',
      'buffer_looks',
      'queued_jobs',
      'job_leases',
    ])
      await superuser`delete from ops.${superuser(table)}`;
    await superuser`update ops.projects set repository_id = null`;
  }

  async close(): Promise<void> {
    await this.github.stop();
    await this.database.drop();
  }

  /** A client with a workflow's token, which may read actions unless told otherwise. */
  client(permissions: Readonly<Record<string, 'read' | 'write'>> = { actions: 'read' }): GitHubClient {
    const token = this.github.issueToken({ permissions });
    return createSingleShotClient({ token, apiUrl: this.github.apiUrl, owner: 'acme', repo: 'app' });
  }

  /** A round of whoever comes by, as service_role. */
  async round(
    options: {
      readonly graceMs?: number;
      readonly sql?: Sql;
      readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
    } = {},
  ): Promise<Recovered> {
    const client = this.client(options.permissions);
    return recoverLogs({
      sql: options.sql ?? this.service,
      clientOf: (repository) => (repository === 'acme/app' ? client : null),
      secrets: [canary],
      graceMs: options.graceMs ?? 0,
    });
  }

  /** A run on GitHub whose jobs are over. */
  ranOnGitHub(jobs: readonly TestJob[], { isOver = true } = {}): StoredRun {
    const { github } = this;
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

  /** The run takes a build, as its recorder would. */
  async taken(run: StoredRun, runAttempt = 1): Promise<TestBuild> {
    const { service } = this;
    const asked = { run_id: run.id, run_attempt: runAttempt, repository: 'acme/app', branch: 'main' };
    const [row] = await service<{ build_id: string; attempt: number; lease_token: string }[]>`
      select build_id, attempt, lease_token from ops.record_build_start(null, ${service.json(asked)}, 'test')`;
    if (row === undefined) throw new Error('no answer');
    return { buildId: row.build_id, attempt: row.attempt, token: row.lease_token };
  }

  async ended(build: TestBuild, status = 'succeeded'): Promise<TestBuild> {
    await this
      .service`select ops.record_build_status(${build.buildId}, ${build.attempt}, ${build.token}, ${status})`;
    return build;
  }

  /** What a recorder leaves when the database is away: a zip with its buffer. Returns the artifact's id. */
  leaveBuffer(
    run: StoredRun,
    frames: readonly Frame[],
    head: BufferHead = {},
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
    const { artifacts } = this.github.store;
    const id = artifacts.size + 900;
    const now = new Date();
    artifacts.set(id, {
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

  async statusOf({ buildId }: { readonly buildId: string }): Promise<string> {
    const [row] = await this.service<
      { status: string }[]
    >`select status from ops.builds where id = ${buildId}`;
    return row?.status ?? 'none';
  }

  /** What the log itself says of how its lines came. */
  async saidOf({ buildId }: { readonly buildId: string }): Promise<string[]> {
    const rows = await this.service<{ message: string }[]>`
      select message from ops.build_events where build_id = ${buildId} and attempt = 0 and kind = 'recovery' order by seq`;
    return rows.map(({ message }) => message);
  }

  /** The lines of a build. @throws Error when their numbers have a gap */
  async textsOf(build: TestBuild): Promise<string[]> {
    const stored = await storedLines(this.service, build);
    if (!isGapless(stored)) throw new Error(`a line is missing: ${stored.map(({ seq }) => seq).join(', ')}`);
    return stored.map(({ message }) => message);
  }

  async recoveries(): Promise<{ kind: string; state: string; error: string | null }[]> {
    const rows = await this.service`select kind, state, error from ops.log_recoveries order by id`;
    return rows.map((row) => ({ kind: String(row.kind), state: String(row.state), error: row.error }));
  }
}
