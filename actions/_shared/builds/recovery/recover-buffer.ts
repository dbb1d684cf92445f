import type { Sql, Transaction } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import type { JournalHead } from '../recorder/journal-file.ts';
import { MOST_BUFFER_BYTES, type ReadBuffer, readBuffer } from '../recorder/read-buffer.ts';
import { type BuildAttempt, storeFrames } from '../recorder/store-frames.ts';
import { triggerOf } from '../recorder/trigger-of.ts';
import { downloadFile } from './download.ts';
import { type Run, readArtifact, readRun } from './run-files.ts';
import {
  type BufferRecovery,
  buildOfRun,
  type RecoveryEnd,
  type RunClaims,
  sayOfBuild,
  settleRecovery,
  startForRun,
} from './statements.ts';

/**
 * Store a buffer that a recorder left as an artifact of its run. Nothing the artifact says of itself is believed: GitHub says
 * which run left it, and the buffer may only tell the story of that run's own build.
 *
 * @param sql as service_role or the owner; what is stored and that it was are one transaction
 * @throws PostgresError with insufficient_privilege or PT404 when the build is not that run's to write
 */
export async function recoverBuffer(
  sql: Sql,
  client: GitHubClient,
  recovery: BufferRecovery,
): Promise<RecoveryEnd> {
  const artifact = await readArtifact(client, recovery.artifactId);
  if (artifact === null || artifact.expired) return gone;
  if (artifact.run === null || artifact.run.isOfFork) return refused('a run of a fork left it');
  if (artifact.size > MOST_BUFFER_BYTES) return refused('it is larger than a recorder makes one');
  const run = await readRun(client, artifact.run.id);
  if (run === null) return gone;
  // Other jobs of the run may still be writing, under numbers of their own.
  if (!run.isOver) return { state: 'open', why: 'its run is not over yet' };
  const file = await downloadFile(
    client,
    {
      route: 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
      parameters: { artifact_id: artifact.id, archive_format: 'zip' },
    },
    MOST_BUFFER_BYTES,
  );
  if (file === null) return gone;
  const buffer = tryToRead(file.bytes);
  if (typeof buffer === 'string') return refused(buffer);
  if (!isOfRun(buffer.head, run)) return refused('it tells of another run than the one that left it');
  return sql.begin(async (transaction) => {
    const end = await store(transaction, buffer, run);
    await settleRecovery(transaction, recovery, end);
    return end;
  });
}

const gone: RecoveryEnd = { state: 'gone', why: 'GitHub has it no longer' };

function refused(why: string): RecoveryEnd {
  return { state: 'refused', why };
}

function tryToRead(bytes: Buffer): ReadBuffer | string {
  try {
    return readBuffer(bytes);
  } catch (error) {
    return error instanceof Error ? error.message : 'it is no buffer';
  }
}

function isOfRun({ run }: JournalHead, { id, attempt, repository }: Run): boolean {
  return (
    run.runId === String(id) &&
    run.runAttempt <= attempt &&
    run.repository.toLowerCase() === repository.toLowerCase()
  );
}

async function store(sql: Transaction, { head, frames, lines }: ReadBuffer, run: Run): Promise<RecoveryEnd> {
  const target = await findTarget(sql, head, run);
  if (target === null)
    return { state: 'stale', why: 'its build is at another attempt, or another run has it' };
  const { build, shift } = target;
  const isStored = (await storeFrames(sql, build, frames, shift)) === 'stored';
  if (!isStored) return { state: 'stale', ...build };
  await sayOfBuild(
    sql,
    build.buildId,
    `what the recorder of run ${run.id} could not store was found in its artifact: ${lines.toLocaleString('en')} lines`,
  );
  return { state: 'stored', lines, ...build };
}

/** The attempt a buffer belongs to, and what to add to its numbers; null when it came too late for it. */
async function findTarget(
  sql: Transaction,
  head: JournalHead,
  run: Run,
): Promise<{ readonly build: BuildAttempt; readonly shift: number } | null> {
  const claims = claimsOf(run, head.run.runAttempt);
  const buildId = head.build ?? head.run.buildId ?? null;
  const found = await buildOfRun(sql, claims, buildId);
  if (found.outcome === 'found' && found.buildId !== null && found.attempt !== null) {
    const build = { buildId: found.buildId, attempt: found.attempt };
    // It began before anybody knew how many lines there were, and GitHub was asked about the build meanwhile.
    if (head.attempt === null) return { build, shift: found.lastSeq ?? 0 };
    return head.attempt === found.attempt ? { build, shift: head.shift } : null;
  }
  if (found.outcome === 'stale' || head.attempt !== null) return null;
  const { project = null, commit = null, runnerId } = head.run;
  const started = await startForRun(sql, claims, {
    buildId,
    project,
    commit,
    runnerId,
    trigger: triggerOf(run.event),
  });
  if (started.outcome === 'stale') return null;
  const { lease, lastSeq } = started;
  return { build: { buildId: lease.buildId, attempt: lease.attempt }, shift: lastSeq };
}

/** A run as its OIDC token would describe it. */
function claimsOf(run: Run, runAttempt: number): RunClaims {
  const [path = run.path] = run.path.split('@');
  const ref = `refs/heads/${run.branch ?? ''}`;
  return {
    repository: run.repository,
    repository_id: String(run.repositoryId),
    run_id: String(run.id),
    run_attempt: String(runAttempt),
    ref,
    sha: run.sha,
    workflow_ref: `${run.repository}/${path}@${ref}`,
  };
}
