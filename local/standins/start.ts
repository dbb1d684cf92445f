/**
 * Runs the moving halves of the stand-ins of one database: the scheduler of pg_cron's, the worker of pg_net's. Vault's has none.
 */
import postgres from 'postgres';
import { installedExtensions } from '../postgres/prepare.ts';
import { type StandIn, startCronScheduler } from './cron-scheduler.ts';
import { type ConnectAs, jobLogin } from './job-login.ts';
import { startNetWorker } from './net-worker.ts';

/** What `startStandIns` is told. */
export interface StandInOptions {
  readonly superuserUrl: string;
  readonly database: string;
  /** How jobs log in as their own user; `cluster.socketLogin` of a cluster of ours. */
  readonly connectAs?: ConnectAs;
  readonly log: (message: string) => void;
  /** The scheduler's clock; for tests. */
  readonly now?: () => Date;
}

/**
 * Starts what `database` needs: nothing where the real extensions do the work. Survives a restart of the server; ends with
 * `stop`, which leaves interrupted runs and requests as a server shutdown would.
 */
export async function startStandIns(options: StandInOptions): Promise<StandIn> {
  const standIns = await installedStandIns(options);
  const started: StandIn[] = [];
  try {
    if (standIns.has('pg_cron')) {
      started.push(await startCronScheduler({ ...options, open: jobLogin(options) }));
    }
    if (standIns.has('pg_net')) started.push(await startNetWorker(options));
  } catch (error) {
    await stopAll(started);
    throw error;
  }
  return { stop: () => stopAll(started) };
}

async function installedStandIns(options: StandInOptions): Promise<ReadonlySet<string>> {
  const sql = postgres(options.superuserUrl, { database: options.database, max: 1, fetch_types: false });
  try {
    const installed = await installedExtensions(sql);
    return new Set(installed.filter((found) => found.kind === 'stand-in').map((found) => found.name));
  } finally {
    await sql.end();
  }
}

async function stopAll(standIns: readonly StandIn[]): Promise<void> {
  await Promise.all(standIns.map((standIn) => standIn.stop()));
}
