import * as z from 'zod';
import type { JobReport } from '../_shared/contracts/job-worker.ts';
import type { OpsClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';
import type { ClaimedJob } from '../_shared/jobs/run-job.ts';
import type { EndedJob } from './run-batch.ts';

/** A job with the lease it is held under. */
export interface LeasedJob extends ClaimedJob {
  readonly leaseToken: number;
}

const Claimed = z.array(
  z.object({
    id: z.number(),
    task_type: z.string(),
    payload: z.unknown(),
    attempts: z.number(),
    max_attempts: z.number(),
    lease_token: z.number(),
  }),
);
const Ids = z.array(z.number());
const Failed = z.array(
  z.object({ id: z.number(), status: z.enum(['pending', 'failed', 'cancelled', 'lost']) }),
);

/** The queue as far as one call of the worker needs it. */
export interface Queue {
  /** @param lease seconds until the jobs are anybody's again */
  claim(limit: number, lease: number, taskTypes: readonly string[]): Promise<readonly LeasedJob[]>;
  /** Tell the queue how attempts ended; what it says of each goes into the report. */
  settle(ended: readonly EndedJob[]): Promise<readonly JobReport[]>;
}

/** @param worker name shown with the leases */
export function openQueue(client: OpsClient, worker: string): Queue {
  return {
    async claim(limit, lease, taskTypes) {
      const rows = await callRpc(client, 'claim_jobs', Claimed, {
        p_worker: worker,
        p_limit: limit,
        p_lease: `${lease} seconds`,
        p_task_types: taskTypes,
      });
      return rows.map((row) => ({
        id: row.id,
        taskType: row.task_type,
        payload: row.payload,
        attempt: row.attempts,
        maxAttempts: row.max_attempts,
        leaseToken: row.lease_token,
      }));
    },
    async settle(ended) {
      const reports: JobReport[] = [];
      for (const [token, jobs] of byToken(ended)) reports.push(...(await settleLease(client, token, jobs)));
      return reports;
    },
  };
}

function byToken(ended: readonly EndedJob[]): ReadonlyMap<number, readonly EndedJob[]> {
  return Map.groupBy(ended, ({ job }) => job.leaseToken);
}

async function settleLease(
  client: OpsClient,
  token: number,
  ended: readonly EndedJob[],
): Promise<readonly JobReport[]> {
  const done = ended.filter(({ outcome }) => outcome.kind === 'succeeded');
  const released = ended.filter(({ outcome }) => outcome.kind === 'released');
  const broken = ended.filter(({ outcome }) => outcome.kind === 'retry' || outcome.kind === 'dead');
  const lost = new Set<number>();
  const fates = new Map<number, 'pending' | 'failed' | 'cancelled' | 'lost'>();
  if (done.length > 0) {
    const results = Object.fromEntries(
      done.flatMap(({ job, outcome }) =>
        outcome.kind === 'succeeded' && outcome.result !== null ? [[job.id, JSON.parse(outcome.result)]] : [],
      ),
    );
    const args = { p_token: token, p_ids: done.map(({ job }) => job.id), p_results: results };
    for (const id of await callRpc(client, 'complete_jobs', Ids, args)) lost.add(id);
  }
  if (broken.length > 0) {
    const rows = await callRpc(client, 'fail_jobs', Failed, {
      p_token: token,
      p_ids: broken.map(({ job }) => job.id),
      p_errors: broken.map(({ outcome }) => errorOf(outcome)),
      p_final: broken.map(({ outcome }) => outcome.kind === 'dead'),
      p_retry_in: broken.map(({ outcome }) =>
        outcome.kind === 'retry' && outcome.delayMs !== null ? `${outcome.delayMs} milliseconds` : null,
      ),
    });
    for (const { id, status } of rows) fates.set(id, status);
  }
  if (released.length > 0) {
    const args = { p_token: token, p_ids: released.map(({ job }) => job.id) };
    for (const id of await callRpc(client, 'release_jobs', Ids, args)) lost.add(id);
  }
  return ended.map(({ job, outcome, ms }) => ({
    id: job.id,
    task_type: job.taskType,
    attempt: job.attempt,
    ms,
    status: lost.has(job.id) ? 'lost' : statusOf(outcome, fates.get(job.id)),
    ...(outcome.kind === 'retry' || outcome.kind === 'dead' ? { error: outcome.error } : {}),
  }));
}

function errorOf(outcome: EndedJob['outcome']): string {
  return outcome.kind === 'retry' || outcome.kind === 'dead' ? outcome.error : '';
}

function statusOf(
  outcome: EndedJob['outcome'],
  fate: 'pending' | 'failed' | 'cancelled' | 'lost' | undefined,
): JobReport['status'] {
  if (outcome.kind === 'succeeded') return 'succeeded';
  if (outcome.kind === 'released') return 'released';
  return fate === 'pending' || fate === undefined ? 'retry' : fate;
}
