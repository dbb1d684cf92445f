/** How many live jobs start at once, hand-made ones included: the coming week simulated minute by minute. */
import type { CompiledSchedule, DesiredJob } from '../../declare/model.ts';
import { compileParsed } from '../../schedule/compile-schedule.ts';
import { dueMinutes, type Window } from '../../schedule/due-minutes.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import type { SeenJob } from './facts.ts';

/** The worst minute, when it is too full. */
export interface Crowd {
  /** ISO 8601. */
  readonly at: string;
  readonly count: number;
  /** Minutes of the week in which more start than may. */
  readonly minutes: number;
  readonly jobs: readonly string[];
}

const DAYS = 7;

/** Null when no minute is too full. Jobs of ours count when they are due, not whenever pg_cron wakes them to ask. */
export function crowdedMinutes(
  live: readonly SeenJob[],
  declared: readonly DesiredJob[],
  { now, most }: { readonly now: Date; readonly most: number },
): Crowd | null {
  const window: Window = { start: Math.ceil(now.getTime() / 60_000), length: DAYS * 1440 };
  const definitions = new Map(declared.map((job) => [job.name, job.definition.schedule]));
  const groups = new Map<string, { readonly due: readonly number[]; readonly names: string[] }>();
  for (const job of live) {
    if (!job.active) continue;
    const schedule = (job.fires === null ? undefined : definitions.get(job.fires)) ?? readSchedule(job);
    if (schedule === null) continue;
    const key = JSON.stringify([schedule.kind, schedule.timezone, schedule.match ?? null]);
    const group = groups.get(key) ?? { due: minutesOf(schedule, window), names: [] };
    group.names.push(job.label);
    groups.set(key, group);
  }
  const load = new Uint32Array(window.length);
  for (const { due, names } of groups.values())
    for (const index of due) load[index] = (load[index] ?? 0) + names.length;
  let peak = 0;
  let minutes = 0;
  for (const [index, count] of load.entries()) {
    if (count > most) minutes += 1;
    if (count > (load[peak] ?? 0)) peak = index;
  }
  const count = load[peak] ?? 0;
  if (count <= most) return null;
  const jobs = [...groups.values()].filter(({ due }) => due.includes(peak)).flatMap(({ names }) => names);
  return {
    at: new Date((window.start + peak) * 60_000).toISOString(),
    count,
    minutes,
    jobs: jobs.sort().slice(0, 20),
  };
}

type Due = Omit<CompiledSchedule, 'cronSchedule'>;

/** Null for what pg_cron accepts and our parser does not: it can't be counted. */
function readSchedule({ schedule, label }: SeenJob): Due | null {
  const parsed = parseSchedule(schedule, { job: label });
  return parsed.ok ? compileParsed({ source: schedule, timezone: 'UTC', schedule: parsed.schedule }) : null;
}

function minutesOf(schedule: Due, window: Window): readonly number[] {
  switch (schedule.kind) {
    case 'reboot':
      return [];
    case 'interval':
      return Array.from({ length: window.length }, (_, index) => index);
    case 'cron':
      return schedule.match === undefined ? [] : dueMinutes({ ...schedule, match: schedule.match }, window);
  }
}
