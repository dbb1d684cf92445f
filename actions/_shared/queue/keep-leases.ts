import type { ControlLink } from './control-link.ts';
import type { LeasedJob } from './job-store.ts';
import type { Lane } from './lane.ts';
import { rescueJobs } from './statements.ts';
import { type HeldLease, heartbeatLeases, type Verdict } from './turn-statements.ts';

/** How often leases are looked at: often enough that two heartbeats may fail, and that a cancelled job hears of it soon. */
export function heartbeatEvery(leaseMs: number): number {
  return Math.min(Math.max(leaseMs / 4, 50), 5000);
}

/**
 * Move on the ends of the leases that are not fresh any more, and stop what must stop. Short jobs are over before the
 * first heartbeat and cost none.
 *
 * @throws the driver's error; the next beat tries again
 */
export async function keepLeases(
  lane: Lane,
  control: ControlLink,
  { leaseMs }: { readonly leaseMs: number },
): Promise<void> {
  const sentAt = Date.now();
  const stale = sentAt - heartbeatEvery(leaseMs);
  const leases = leasesToKeep(lane, stale);
  if (leases.size === 0) return;
  const given: HeldLease[] = [...leases].map(([token, jobs]) => ({ token, ids: jobs.map(({ id }) => id) }));
  const verdicts = await control.run((sql) => heartbeatLeases(sql, given, leaseMs), leaseMs / 2);
  const lost = new Set(verdicts.filter(({ verdict }) => verdict === 'lost').map(keyOf));
  for (const jobs of leases.values()) {
    for (const job of jobs)
      if (!lost.has(keyOf({ token: job.leaseToken, id: job.id }))) job.heldSince = sentAt;
  }
  if (verdicts.length > 0) obey(lane, verdicts);
}

/** Every lease with a job whose hold is older than `before`, with all jobs held under it. */
function leasesToKeep(lane: Lane, before: number): ReadonlyMap<number, LeasedJob[]> {
  const tokens = new Set<number>();
  for (const job of lane.held()) if (job.heldSince <= before) tokens.add(job.leaseToken);
  const leases = new Map<number, LeasedJob[]>();
  if (tokens.size === 0) return leases;
  for (const job of lane.held()) {
    if (!tokens.has(job.leaseToken)) continue;
    const jobs = leases.get(job.leaseToken);
    if (jobs === undefined) leases.set(job.leaseToken, [job]);
    else jobs.push(job);
  }
  return leases;
}

function obey(lane: Lane, verdicts: readonly Verdict[]): void {
  const words = new Map(verdicts.map((each) => [keyOf(each), each.verdict]));
  const wordOn = (job: LeasedJob) => words.get(keyOf({ token: job.leaseToken, id: job.id }));
  for (const run of lane.running) {
    const word = wordOn(run.job);
    if (word !== undefined) run.stop(word === 'lost' ? 'lease_lost' : 'cancelled');
  }
  lane.dropWaiting((job) => wordOn(job) === 'lost');
  lane.returnWaiting((job) => wordOn(job) === 'cancel');
}

/** One job under one lease. */
function keyOf({ token, id }: { readonly token: number; readonly id: number }): string {
  return `${token}/${id}`;
}

/** How often to look for leases of workers that fell silent. */
export function rescueEvery(leaseMs: number): number {
  return Math.min(Math.max(leaseMs / 2, 250), 15_000);
}

/** Take the jobs of workers that fell silent back into the queue. */
export function rescue(control: ControlLink): Promise<number> {
  return control.run(rescueJobs, 30_000);
}
