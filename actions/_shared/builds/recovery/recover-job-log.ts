import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { downloadFile } from './download.ts';
import { listRunJobs, type RunJob, readRun } from './run-files.ts';
import { type JobLogRecovery, type RecoveryEnd, sayOfBuild, settleRecovery } from './statements.ts';
import { type JobLog, StaleAttempt, storeJobLogs } from './store-job-logs.ts';

/** Bytes of all logs of a run; what comes after them is left out, and said so. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Fetch the logs of a run that recorded none of its lines, and store them.
 *
 * @param sql as service_role or the owner; what is stored and that it was are one transaction
 * @param secrets values to cut out, besides what looks like a secret and what GitHub cut out itself
 */
export async function recoverJobLog(
  sql: Sql,
  client: GitHubClient,
  recovery: JobLogRecovery,
  secrets: readonly string[] = [],
): Promise<RecoveryEnd> {
  const run = await readRun(client, recovery.runId);
  if (run === null) return gone;
  if (!run.isOver) return { state: 'open', why: 'its run is not over yet' };
  const attempt = recovery.runAttempt ?? run.attempt;
  const logs = await fetchLogs(client, await listRunJobs(client, { runId: run.id, attempt }));
  if (logs.length === 0) {
    // GitHub puts logs together after the end of a run.
    return recovery.tries < 3 ? { state: 'open', why: 'its run has no log yet' } : gone;
  }
  try {
    return await sql.begin(async (transaction) => {
      const { outcome, lines } = await storeJobLogs(transaction, recovery, logs, { secrets });
      const end = endOf(outcome, lines);
      if (end.state === 'stored') {
        await sayOfBuild(
          transaction,
          recovery.buildId,
          `the run recorded no line; its log was fetched from GitHub: ${lines.toLocaleString('en')} lines`,
        );
      }
      await settleRecovery(transaction, recovery, end);
      return end;
    });
  } catch (error) {
    if (error instanceof StaleAttempt) return { state: 'stale', why: error.message };
    throw error;
  }
}

const gone: RecoveryEnd = { state: 'gone', why: 'GitHub has no log of this run any more' };

function endOf(outcome: 'stored' | 'stale' | 'has_lines', lines: number): RecoveryEnd {
  switch (outcome) {
    case 'stored':
      return { state: 'stored', lines };
    case 'stale':
      return { state: 'stale', why: 'the build is at another attempt by now' };
    case 'has_lines':
      return { state: 'nothing', why: 'the run told its story itself' };
  }
}

/** The logs there are, job after job, until there is enough. */
async function fetchLogs(client: GitHubClient, jobs: readonly RunJob[]): Promise<JobLog[]> {
  const logs: JobLog[] = [];
  let left = MOST_BYTES;
  for (const { id, name } of jobs) {
    const file = await downloadFile(
      client,
      { route: 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', parameters: { job_id: id } },
      left,
    );
    if (file === null) continue;
    left -= file.bytes.length;
    logs.push({ job: name, text: file.bytes.toString('utf8'), isCut: file.isCut });
    if (file.isCut || left <= 0) break;
  }
  return logs;
}
