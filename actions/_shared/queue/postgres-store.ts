import { discard, type Sql } from '../database/connect.ts';
import { errorCode } from '../database/connection-errors.ts';
import type { JobStore, LeasedJob, Turn, TurnAnswer } from './job-store.ts';
import { isPassing } from './passing-errors.ts';
import { groupSettlements, type SuccessGroup, withoutRefusable } from './settlement-groups.ts';
import {
  type ClaimedRow,
  claimJobs,
  completeAndClaimJobs,
  completeGroups,
  failGroups,
  releaseGroups,
  releaseUnknownJobs,
} from './turn-statements.ts';
import { openWorkerClient } from './worker-client.ts';

export interface PostgresStoreOptions {
  readonly url: string;
  /** Names the leases of this store; no other may have it. */
  readonly worker: string;
  readonly leaseMs: number;
  /** Only these are claimed. */
  readonly taskTypes: readonly string[];
  readonly prepare: boolean;
  /** A statement that is not answered within this time counts as lost, with its connection. */
  readonly answerMs: number;
}

/** The queue over one connection of its own, made anew after it broke. */
export function createPostgresStore(options: PostgresStoreOptions): JobStore {
  let client: Sql | undefined;
  // True from a lost answer on, until what it may have claimed has been given back.
  let uncertain = false;

  const lose = (lost: Sql): void => {
    uncertain = true;
    discard(lost);
    if (client === lost) client = undefined;
  };

  return {
    async turn(turn) {
      client ??= openWorkerClient({ url: options.url, prepare: options.prepare });
      const sql = client;
      const watchdog = setTimeout(() => lose(sql), options.answerMs);
      try {
        if (uncertain || turn.giveBackUnknown) {
          await releaseUnknownJobs(sql, options.worker, turn.knownIds());
          uncertain = false;
        }
        return await exchange(sql, turn, options);
      } catch (error) {
        if (isPassing(error)) lose(sql);
        throw error;
      } finally {
        clearTimeout(watchdog);
      }
    },
    async close() {
      const open = client;
      client = undefined;
      await open?.end({ timeout: 1 }).catch(() => undefined);
    },
  };
}

/**
 * All statements of a turn are sent at once on the one connection, so that they cost one round trip; the claim comes last
 * and finds what the ends before it made due.
 */
async function exchange(sql: Sql, turn: Turn, options: PostgresStoreOptions): Promise<TurnAnswer> {
  try {
    return await exchangeOnce(sql, turn, options);
  } catch (error) {
    if (turn.settlements.length === 0 || !isRefusedValue(error)) throw error;
    return exchangeOnce(sql, { ...turn, settlements: turn.settlements.map(withoutRefusable) }, options);
  }
}

async function exchangeOnce(sql: Sql, turn: Turn, options: PostgresStoreOptions): Promise<TurnAnswer> {
  const { successes, failures, releases } = groupSettlements(turn.settlements);
  const claim = { ...options, limit: turn.claim };
  const fused = turn.claim > 0 ? largest(successes) : undefined;
  const others = successes.filter((group) => group !== fused);
  const [failed, released, completed, claimed] = await allOrFirstError([
    failures.length > 0 ? failGroups(sql, failures) : [],
    releases.length > 0 ? releaseGroups(sql, releases) : [],
    others.length > 0 ? completeGroups(sql, others) : [],
    claimAfter(sql, fused, claim),
  ]);
  const lost = new Set([...released, ...completed, ...claimed.lost]);
  for (const { id, status } of failed) if (status === 'lost') lost.add(id);
  return {
    jobs: claimed.rows.map(leasedJob),
    stale: lost.size === 0 ? [] : turn.settlements.filter(({ job }) => lost.has(job.id)),
    failed,
  };
}

async function claimAfter(
  sql: Sql,
  done: SuccessGroup | undefined,
  claim: Parameters<typeof claimJobs>[1],
): Promise<{ readonly rows: ClaimedRow[]; readonly lost: readonly number[] }> {
  if (done !== undefined) return completeAndClaimJobs(sql, done, claim);
  if (claim.limit === 0) return { rows: [], lost: [] };
  return { rows: await claimJobs(sql, claim), lost: [] };
}

/** Like Promise.all, but it waits for all of them: nothing of a turn is on its way when the turn has failed. */
async function allOrFirstError<T extends readonly unknown[]>(
  promises: readonly [...{ [Index in keyof T]: T[Index] | Promise<T[Index]> }],
): Promise<T> {
  await Promise.allSettled(promises);
  return Promise.all(promises) as Promise<T>;
}

function largest(groups: readonly SuccessGroup[]): SuccessGroup | undefined {
  let best = groups[0];
  for (const group of groups) if (best !== undefined && group.ids.length > best.ids.length) best = group;
  return best;
}

function leasedJob(row: ClaimedRow): LeasedJob {
  return {
    id: Number(row.id),
    taskType: row.task_type,
    payload: row.payload,
    attempt: row.attempts,
    maxAttempts: row.max_attempts,
    leaseToken: Number(row.lease_token),
    dueAt: row.run_at.getTime(),
    heldSince: 0,
  };
}

/** Class 22: a value PostgreSQL cannot hold; 54001 and 54000: one it cannot take in. */
function isRefusedValue(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code.startsWith('22') || code.startsWith('54');
}
