import postgres from 'postgres';
import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { errorMessage } from '../../io/errors.ts';
import { isPassing } from '../../queue/passing-errors.ts';
import { recoverBuffer } from './recover-buffer.ts';
import { recoverJobLog } from './recover-job-log.ts';
import { findBuffers } from './run-files.ts';
import {
  claimRecoveries,
  noteBuffers,
  type Recovery,
  type RecoveryEnd,
  recordedRepositories,
  settleRecovery,
} from './statements.ts';

/** What one round told after the fact. */
export interface Recovered {
  /** Buffers of recorders that were stored. */
  readonly replayed: number;
  /** Builds whose log came from GitHub. */
  readonly imported: number;
  readonly lines: number;
  /** In words: what was refused, or did not work this time. */
  readonly failures: readonly string[];
}

/** How far back a repository is looked through the first time. */
const FIRST_LOOK_MS = 7 * 24 * 3_600_000;
/** GitHub's clock is not ours, and a list of its may be late. */
const OVERLAP_MS = 15 * 60_000;

export interface RecoverLogs {
  readonly sql: Sql;
  /** A client for a repository, `owner/name`; null where this process has no token for it. */
  readonly clientOf: (repository: string) => GitHubClient | null;
  /** Most stories in one round. */
  readonly limit?: number;
  /** Values to cut out of logs, besides what looks like a secret. */
  readonly secrets?: readonly string[];
  /** How long ago a build without lines must have ended. */
  readonly graceMs?: number;
  /** How long a story is ours to tell before another round may take it. */
  readonly holdMs?: number;
  readonly now?: () => Date;
}

/**
 * Tell what could not be told while it happened: look for buffers that recorders left as artifacts of their runs, and store them;
 * then fetch the logs of runs that ended without a line of their own. One call to GitHub a repository where there is nothing
 * to do. What does not work this time is tried by the next round, ten times; nothing is thrown.
 */
export async function recoverLogs(request: RecoverLogs): Promise<Recovered> {
  const failures: string[] = [];
  const ends: Attempted[] = [];
  try {
    const repositories = await lookThrough(request, failures);
    for (const recovery of await claimed(request, repositories)) {
      const client = request.clientOf(recovery.repository);
      if (client === null) continue;
      const end = await recover(request.sql, client, recovery, request.secrets);
      ends.push(end);
      if (end.state === 'refused' || end.isFailure)
        failures.push(`${nameOf(recovery)}: ${end.why ?? end.state}`);
    }
  } catch (error) {
    // The rest of the round does not depend on it.
    failures.push(`logs to be recovered: ${errorMessage(error)}`);
  }
  const stored = ends.filter(({ state }) => state === 'stored');
  return {
    replayed: stored.filter(({ kind }) => kind === 'buffer').length,
    imported: stored.filter(({ kind }) => kind === 'job_log').length,
    lines: stored.reduce((sum, { lines = 0 }) => sum + lines, 0),
    failures,
  };
}

/** Look for buffers where we have a token. Returns those repositories. */
async function lookThrough(
  { sql, clientOf, now = () => new Date() }: RecoverLogs,
  failures: string[],
): Promise<string[]> {
  const repositories: string[] = [];
  for (const { repository, lookedUntil } of await recordedRepositories(sql)) {
    const client = clientOf(repository);
    if (client === null) continue;
    repositories.push(repository);
    try {
      await look({ sql, client, repository, lookedUntil, now: now() });
    } catch (error) {
      failures.push(`artifacts of ${repository}: ${errorMessage(error)}`);
    }
  }
  return repositories;
}

async function claimed(
  { sql, limit = 20, graceMs = 30_000, holdMs = 600_000 }: RecoverLogs,
  repositories: readonly string[],
): Promise<Recovery[]> {
  return repositories.length === 0 ? [] : claimRecoveries(sql, repositories, { limit, graceMs, holdMs });
}

async function look(at: {
  readonly sql: Sql;
  readonly client: GitHubClient;
  readonly repository: string;
  readonly lookedUntil: Date | null;
  readonly now: Date;
}): Promise<void> {
  const since = at.lookedUntil ?? new Date(at.now.getTime() - FIRST_LOOK_MS);
  const { buffers, isComplete } = await findBuffers(at.client, since);
  await noteBuffers(at.sql, at.repository, { buffers, lookedUntil: new Date(at.now.getTime() - OVERLAP_MS) });
  if (!isComplete)
    throw new Error('there are more new ones than one look goes through; older ones were left out');
}

/** What became of one story, and whether something went wrong with it. */
type Attempted = RecoveryEnd & { readonly kind: Recovery['kind']; readonly isFailure: boolean };

async function recover(
  sql: Sql,
  client: GitHubClient,
  recovery: Recovery,
  secrets?: readonly string[],
): Promise<Attempted> {
  try {
    const end =
      recovery.kind === 'buffer'
        ? await recoverBuffer(sql, client, recovery)
        : await recoverJobLog(sql, client, recovery, secrets);
    // What was stored is settled already, in one transaction with it.
    await settleRecovery(sql, recovery, end);
    return { ...end, kind: recovery.kind, isFailure: false };
  } catch (error) {
    const end: RecoveryEnd = { state: isFinal(error) ? 'refused' : 'open', why: errorMessage(error) };
    await settleRecovery(sql, recovery, end).catch(() => undefined);
    return { ...end, kind: recovery.kind, isFailure: true };
  }
}

/** The database understood and said no, which it will again. */
function isFinal(error: unknown): boolean {
  return error instanceof postgres.PostgresError && !isPassing(error);
}

function nameOf(recovery: Recovery): string {
  return recovery.kind === 'buffer'
    ? `buffer of run ${recovery.runId} of ${recovery.repository}`
    : `log of build ${recovery.buildId}`;
}
