/**
 * What is due now: pg_cron's bookkeeping of pending runs, pure. One book lives as long as one launcher would.
 */
import { type CronTimes, readCronTimes } from './cron-times.ts';

/** A row of cron.job, as far as the scheduler needs it. */
export interface CronJob {
  readonly jobid: string;
  readonly schedule: string;
  readonly command: string;
  readonly database: string;
  readonly username: string;
  readonly active: boolean;
}

/** A job and how many of its runs wait. */
export interface CronTask {
  job: CronJob;
  times: CronTimes;
  /** A counter, not a flag: every minute missed by a long run is made up for later, back to back. */
  pending: number;
  running: boolean;
  /** For intervals: when the last run started, or when the job was first seen. Milliseconds. */
  lastStart: number;
}

/** The scheduler's memory. */
export interface CronBook {
  readonly tasks: Map<string, CronTask>;
  /** Start of the last minute that was looked at, in milliseconds; null before the first. */
  lastMinute: number | null;
  /** Last minute looked at while the clock is behind `lastMinute`. */
  lastRepeatedMinute: number | null;
  /** Jobs `@reboot` of this launcher were given their run. */
  rebooted: boolean;
}

const minuteMs = 60_000;

/** An empty book, as a launcher that starts has it: it makes up for nothing that was missed before. */
export function newBook(): CronBook {
  return { tasks: new Map(), lastMinute: null, lastRepeatedMinute: null, rebooted: false };
}

/**
 * Takes over what cron.job holds now. Returns the running tasks whose job is gone or asleep: their runs are cancelled.
 */
export function takeJobs(book: CronBook, jobs: readonly CronJob[], now: Date): readonly CronTask[] {
  const awake = new Map(jobs.filter((job) => job.active).map((job) => [job.jobid, job]));
  const cancelled: CronTask[] = [];
  for (const [jobid, task] of book.tasks) {
    if (awake.has(jobid)) continue;
    book.tasks.delete(jobid);
    if (task.running) cancelled.push(task);
  }
  for (const job of awake.values()) {
    const task = book.tasks.get(job.jobid);
    if (task === undefined) {
      const times = readCronTimes(job.schedule);
      book.tasks.set(job.jobid, { job, times, pending: 0, running: false, lastStart: now.getTime() });
      continue;
    }
    if (task.job.schedule !== job.schedule) task.times = readCronTimes(job.schedule);
    task.job = job;
  }
  return cancelled;
}

/** Adds to each task the runs that have become due by `now`. To be called at least once a second. */
export function addDueRuns(book: CronBook, now: Date): void {
  if (!book.rebooted) {
    for (const task of book.tasks.values()) if (task.times.kind === 'reboot') task.pending += 1;
    book.rebooted = true;
  }
  for (const task of book.tasks.values()) {
    const { times } = task;
    if (times.kind !== 'interval' || task.pending > 0) continue;
    if (now.getTime() - task.lastStart >= times.seconds * 1000) task.pending += 1;
  }
  const minute = Math.floor(now.getTime() / minuteMs) * minuteMs;
  book.lastMinute ??= minute;
  const passed = (minute - book.lastMinute) / minuteMs;
  if (passed === 0) return;
  if (passed < 0 && passed > -180) {
    if (book.lastRepeatedMinute === minute) return;
    book.lastRepeatedMinute = minute;
  }
  for (const task of book.tasks.values()) {
    if (task.times.kind === 'minutes') task.pending += dueMinutes(task.times, book.lastMinute, minute);
  }
  if (passed > 0 || passed <= -180) {
    book.lastMinute = minute;
    book.lastRepeatedMinute = null;
  }
}

/** Vixie cron's rules for a clock that moves (pg_cron 1.6, StartPendingRuns). Both minutes in milliseconds. */
function dueMinutes(times: CronTimes & { kind: 'minutes' }, last: number, current: number): number {
  const passed = (current - last) / minuteMs;
  const dueNow = times.matches(new Date(current)) ? 1 : 0;
  // The clock was set anew: whatever lay in between is forgotten.
  if (passed > 180 || passed <= -180) return dueNow;
  // Set back a little: what has a fixed time has run already.
  if (passed < 0) return times.wild ? dueNow : 0;
  if (passed > 5 && times.wild) return dueNow;
  let due = 0;
  for (let minute = last + minuteMs; minute <= current; minute += minuteMs) {
    if (times.matches(new Date(minute))) due += 1;
  }
  return due;
}

/** Tasks to start now, their pending count lowered: one run a job, at most `room` runs, who ran longest ago first. */
export function startable(book: CronBook, room: number, now: Date): readonly CronTask[] {
  if (room <= 0) return [];
  const waiting = [...book.tasks.values()].filter((task) => task.pending > 0 && !task.running);
  const starting = waiting.sort((one, other) => one.lastStart - other.lastStart).slice(0, room);
  for (const task of starting) {
    task.pending -= 1;
    task.running = true;
    task.lastStart = now.getTime();
  }
  return starting;
}
