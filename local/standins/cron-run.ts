/**
 * One run of a job: a connection as the job's user, the command as one simple query, each step noted in
 * cron.job_run_details as pg_cron's libpq mode notes it.
 */
import { Readable, Writable } from 'node:stream';
import postgres, { type Sql } from 'postgres';
import { insertRun, markConnecting, markFinished, markRunning, markSending } from './cron-statements.ts';
import type { CronJob } from './cron-ticks.ts';
import type { JobSession, OpenAsRole } from './job-login.ts';
import { errorMessage, successMessage } from './libpq-message.ts';

/** A run on its way. */
export interface CronRun {
  readonly jobid: string;
  /** Resolves when the run has ended and its end is noted; rejects when the database cannot be reached to note it. */
  readonly done: Promise<void>;
  /** Closes the job's connection and notes `job canceled`. The server may go on with the statement, as with pg_cron. */
  cancel(): void;
  /** Closes the job's connection and notes nothing: the next launcher finds the row. */
  abandon(): void;
}

type Ending = { readonly status: 'succeeded' | 'failed'; readonly message: string } | null;

/** Starts a run. `records` is the launcher's own connection. */
export function startRun(
  job: CronJob,
  options: { readonly records: Sql; readonly open: OpenAsRole },
): CronRun {
  const session = options.open(job.database, job.username);
  let interrupt: (ending: Ending) => void = () => undefined;
  const interrupted = new Promise<Ending>((resolve) => {
    interrupt = resolve;
  });
  return {
    jobid: job.jobid,
    done: follow(job, { ...options, session, interrupted }),
    cancel: () => interrupt({ status: 'failed', message: 'job canceled' }),
    abandon: () => interrupt(null),
  };
}

async function follow(
  job: CronJob,
  run: { readonly records: Sql; readonly session: JobSession; readonly interrupted: Promise<Ending> },
): Promise<void> {
  try {
    const runid = await insertRun(run.records, job);
    const ending = await Promise.race([run.interrupted, execute(job, runid, run)]);
    if (ending !== null) await markFinished(run.records, { runid, ...ending });
  } finally {
    // Nothing more is wanted from this connection; an answer on its way is dropped.
    await run.session.sql.end({ timeout: 0 });
  }
}

async function execute(
  job: CronJob,
  runid: string,
  run: { readonly records: Sql; readonly session: JobSession },
): Promise<Ending> {
  await markConnecting(run.records, runid);
  const pid = await enter(run.session);
  if (typeof pid !== 'number') return { status: 'failed', message: pid.problem };
  await markSending(run.records, runid, pid);
  await markRunning(run.records, runid);
  try {
    const answer: unknown = await run.session.sql.unsafe(job.command).simple();
    if (answer instanceof Readable || answer instanceof Writable) {
      // The stream breaks when the connection is closed below; that is the intention.
      answer.on('error', () => undefined);
      return { status: 'failed', message: 'COPY not supported' };
    }
    return { status: 'succeeded', message: successMessage(run.session.lastOutcome()) };
  } catch (error) {
    return { status: 'failed', message: failureMessage(error, job.command) };
  }
}

async function enter(session: JobSession): Promise<number | { readonly problem: string }> {
  try {
    return (await session.enter()) ?? { problem: 'connection failed' };
  } catch (error) {
    const timedOut = error instanceof Error && 'code' in error && error.code === 'CONNECT_TIMEOUT';
    return { problem: timedOut ? 'job startup timeout' : 'connection failed' };
  }
}

/** libpq's words when the server goes away in the middle of an answer. */
const connectionCut =
  'server closed the connection unexpectedly\n' +
  '\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.\n';

function failureMessage(error: unknown, command: string): string {
  if (!(error instanceof postgres.PostgresError)) return connectionCut;
  return errorMessage(
    {
      severity: error.severity,
      message: error.message,
      detail: error.detail,
      hint: error.hint,
      where: error.where,
      position: error.position,
      internalPosition: error.internal_position,
      internalQuery: error.internal_query,
    },
    command,
  );
}
