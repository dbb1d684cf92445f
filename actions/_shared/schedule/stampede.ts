/**
 * The stampede report: the coming days simulated minute by minute, the worst minute and what fires in it, and minutes
 * to which jobs could move. Supabase advises at most eight jobs at once (guides/cron); pg_cron stops at 32.
 */
import type { DesiredJob } from '../declare/model.ts';
import { dueMinutes, type Window } from './due-minutes.ts';
import { type ProposedMove, proposeMoves, type ScheduledGroup } from './propose-moves.ts';

export { renderStampede } from './render-stampede.ts';

/** Jobs that may start together without a remark. */
export const CONCURRENCY_ADVICE = 8;

/** How many names of the peak are spelled out. */
const NAMES_SHOWN = 100;

export interface StampedeReport {
  readonly schema_version: 1;
  /** First minute simulated, ISO 8601. */
  readonly from: string;
  readonly days: number;
  /** Active jobs counted. */
  readonly jobs: number;
  readonly advice: number;
  readonly peak: {
    /** First minute with the most starts, ISO 8601; null when nothing fires. */
    readonly at: string | null;
    readonly count: number;
    /** Names of what fires then, the first hundred. */
    readonly jobs: readonly string[];
  };
  /** Minutes in which more jobs start than advised. */
  readonly crowded_minutes: number;
  readonly proposals: readonly ProposedMove[];
  /** The peak and the crowded minutes if every proposal were taken. */
  readonly after: { readonly peak: number; readonly crowded_minutes: number };
}

/** Simulates the active jobs. Seconds intervals count once in every minute, because one job never overlaps itself. */
export function stampede(
  jobs: readonly DesiredJob[],
  options: { readonly from: Date; readonly days: number },
): StampedeReport {
  const window: Window = { start: Math.ceil(options.from.getTime() / 60_000), length: options.days * 1440 };
  const active = jobs.filter((job) => job.cron.active && job.definition.schedule.kind !== 'reboot');
  const groups = groupJobs(active);
  const intervals = active.filter((job) => job.definition.schedule.kind === 'interval');
  const load = new Uint32Array(window.length).fill(intervals.length);
  for (const group of groups) {
    const count = group.jobs.length;
    for (const index of dueMinutes(group, window)) load[index] = (load[index] ?? 0) + count;
  }
  const peakIndex = peakOf(load);
  const peak = load[peakIndex] ?? 0;
  const crowded = crowdedMinutes(load);
  const names = namesAt(groups, intervals, { start: window.start + peakIndex, length: 1 });
  const proposals = proposeMoves(groups, load, { window, limit: CONCURRENCY_ADVICE });
  return {
    schema_version: 1,
    from: isoMinute(window.start),
    days: options.days,
    jobs: active.length,
    advice: CONCURRENCY_ADVICE,
    peak: {
      at: peak === 0 ? null : isoMinute(window.start + peakIndex),
      count: peak,
      jobs: names.slice(0, NAMES_SHOWN),
    },
    crowded_minutes: crowded,
    proposals,
    after: { peak: load[peakOf(load)] ?? 0, crowded_minutes: crowdedMinutes(load) },
  };
}

/** Jobs that fire at the same minutes are simulated once. */
function groupJobs(jobs: readonly DesiredJob[]): readonly ScheduledGroup[] {
  const groups = new Map<string, ScheduledGroup & { readonly jobs: DesiredJob[] }>();
  for (const job of jobs) {
    const { match, timezone } = job.definition.schedule;
    if (match === undefined) continue;
    const key = `${timezone} ${Object.values(match).join(' ')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { match, timezone, jobs: [job] });
    else group.jobs.push(job);
  }
  return [...groups.values()];
}

function namesAt(
  groups: readonly ScheduledGroup[],
  intervals: readonly DesiredJob[],
  minute: Window,
): readonly string[] {
  const firing = groups
    .filter((group) => dueMinutes(group, minute).length > 0)
    .flatMap((group) => group.jobs);
  return [...firing, ...intervals].map((job) => job.name).sort();
}

function peakOf(load: Uint32Array): number {
  let best = 0;
  for (let index = 1; index < load.length; index += 1) {
    if ((load[index] ?? 0) > (load[best] ?? 0)) best = index;
  }
  return best;
}

function crowdedMinutes(load: Uint32Array): number {
  let count = 0;
  for (const starts of load) if (starts > CONCURRENCY_ADVICE) count += 1;
  return count;
}

function isoMinute(minute: number): string {
  return new Date(minute * 60_000).toISOString();
}
