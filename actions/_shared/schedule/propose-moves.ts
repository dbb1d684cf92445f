/** Which jobs could move to quieter minutes, and to which: the worst minute is thinned out one job at a time. */
import type { CompiledSchedule, DesiredJob } from '../declare/model.ts';
import { dueMinutes, type Window } from './due-minutes.ts';
import { fieldText } from './field-text.ts';
import { valuesOf } from './masks.ts';
import { offsetAt } from './zone-offsets.ts';

/** Jobs that fire at the same minutes. */
export interface ScheduledGroup {
  readonly match: NonNullable<CompiledSchedule['match']>;
  readonly timezone: string;
  readonly jobs: readonly DesiredJob[];
}

export interface ProposedMove {
  readonly job: string;
  /** Five fields as they are. */
  readonly schedule: string;
  /** Five fields to write instead: the same cadence, other minutes of the hour. */
  readonly proposed: string;
}

/** A list people can act on; the first entries take the worst away. */
const MAX_MOVES = 50;

/**
 * Proposes moves until no minute is over `limit`, nothing helps, or the list is long. `load` (starts per minute of the
 * window) is changed as if every proposal were taken.
 */
export function proposeMoves(
  groups: readonly ScheduledGroup[],
  load: Uint32Array,
  options: { readonly window: Window; readonly limit: number },
): readonly ProposedMove[] {
  const { window, limit } = options;
  const moves: ProposedMove[] = [];
  const settled = new Set<string>();
  while (moves.length < MAX_MOVES) {
    const worst = indexOfMost(load);
    const peak = load[worst] ?? 0;
    if (peak <= limit) break;
    const minute = { start: window.start + worst, length: 1 };
    const firing = groups.filter((group) => isMovable(group) && dueMinutes(group, minute).length > 0);
    const before = moves.length;
    for (const group of firing) {
      const fires = dueMinutes(group, window);
      for (const job of byWillingness(group.jobs)) {
        if ((load[worst] ?? 0) <= limit || moves.length >= MAX_MOVES) break;
        if (settled.has(job.name)) continue;
        settled.add(job.name);
        const move = moveJob(job, group, fires, { load, window });
        if (move !== null) moves.push(move);
      }
    }
    if (moves.length === before) break;
  }
  return moves;
}

/** A job that runs every minute has nowhere to go. */
function isMovable(group: ScheduledGroup): boolean {
  return minutesOf(group.match).length < 60;
}

/** Jobs pinned to a minute by hand first: those written `H` were spread already. */
function byWillingness(jobs: readonly DesiredJob[]): readonly DesiredJob[] {
  const spread = (job: DesiredJob): number => (/\bH\b/.test(job.definition.schedule.source) ? 1 : 0);
  return [...jobs].sort((a, b) => spread(a) - spread(b) || (a.name < b.name ? -1 : 1));
}

/** Tries every rotation of the job's minutes within the hour and takes the one whose busiest minute is the quietest. */
function moveJob(
  job: DesiredJob,
  group: ScheduledGroup,
  fires: readonly number[],
  context: { readonly load: Uint32Array; readonly window: Window },
): ProposedMove | null {
  const { load } = context;
  const minutes = minutesOf(group.match);
  const starts = fires.map((index) => ({ index, minute: localMinute(index, group, context.window) }));
  for (const { index } of starts) load[index] = (load[index] ?? 1) - 1;
  let best = { turn: 0, busiest: busiestAfter(starts, 0, load) };
  const stay = best.busiest;
  for (let turn = 1; turn < 60; turn += 1) {
    const busiest = busiestAfter(starts, turn, load);
    if (busiest < best.busiest) best = { turn, busiest };
  }
  for (const start of starts) {
    const index = turned(start, best.turn, load.length);
    load[index] = (load[index] ?? 0) + 1;
  }
  if (best.busiest >= stay) return null;
  const schedule = job.definition.schedule.expression;
  const moved = minutes.map((minute) => (minute + best.turn) % 60).sort((a, b) => a - b);
  return {
    job: job.name,
    schedule,
    proposed: [fieldText(moved, 0, 59), ...schedule.split(' ').slice(1)].join(' '),
  };
}

interface Start {
  readonly index: number;
  /** Minute on the clock the schedule is written in. */
  readonly minute: number;
}

function busiestAfter(starts: readonly Start[], turn: number, load: Uint32Array): number {
  let busiest = 0;
  for (const start of starts) busiest = Math.max(busiest, load[turned(start, turn, load.length)] ?? 0);
  return busiest;
}

/** Where a start lands when its minute turns within its hour. */
function turned(start: Start, turn: number, length: number): number {
  const index = start.index - start.minute + ((start.minute + turn) % 60);
  return Math.max(0, Math.min(index, length - 1));
}

function minutesOf(match: ScheduledGroup['match']): readonly number[] {
  return [...valuesOf(match.minutes_low), ...valuesOf(match.minutes_high).map((value) => value + 30)];
}

function localMinute(index: number, group: ScheduledGroup, window: Window): number {
  const at = window.start + index;
  return (at + offsetAt(group.timezone, at * 60_000) + 60 * 24) % 60;
}

function indexOfMost(load: Uint32Array): number {
  let best = 0;
  for (let index = 1; index < load.length; index += 1) {
    if ((load[index] ?? 0) > (load[best] ?? 0)) best = index;
  }
  return best;
}
