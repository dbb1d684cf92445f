import { describe, expect, it } from 'vitest';
import {
  addDueRuns,
  type CronBook,
  type CronJob,
  newBook,
  startable,
  takeJobs,
} from '../../../local/standins/cron-ticks.ts';

function job(jobid: string, schedule: string, active = true): CronJob {
  return { jobid, schedule, command: 'select 1', database: 'd', username: 'u', active };
}

const start = Date.parse('2026-11-21T10:00:30Z');
const at = (seconds: number): Date => new Date(start + seconds * 1000);

function bookOf(...jobs: CronJob[]): CronBook {
  const book = newBook();
  takeJobs(book, jobs, at(0));
  addDueRuns(book, at(0));
  return book;
}

function pending(book: CronBook, jobid: string): number | undefined {
  return book.tasks.get(jobid)?.pending;
}

/** Start and end every pending run. */
function drain(book: CronBook, now: Date): string[] {
  const started = startable(book, 99, now);
  for (const task of started) task.running = false;
  return started.map((task) => task.job.jobid);
}

describe('minutes', () => {
  it('are looked at once each, from the first full minute after the start', () => {
    const book = bookOf(job('1', '* * * * *'));
    expect(pending(book, '1')).toBe(0);
    addDueRuns(book, at(29));
    expect(pending(book, '1')).toBe(0);
    addDueRuns(book, at(30));
    addDueRuns(book, at(31));
    expect(pending(book, '1')).toBe(1);
  });

  it('missed by a long run are all made up for, one after the other', () => {
    const book = bookOf(job('1', '* * * * *'));
    addDueRuns(book, at(30));
    expect(startable(book, 99, at(30))).toHaveLength(1);
    for (const seconds of [90, 150, 210]) addDueRuns(book, at(seconds));
    expect(startable(book, 99, at(210))).toHaveLength(0);
    expect(pending(book, '1')).toBe(3);
    const task = book.tasks.get('1');
    if (task !== undefined) task.running = false;
    expect(drain(book, at(211))).toEqual(['1']);
    expect(pending(book, '1')).toBe(2);
  });

  it('missed before the start are not made up for', () => {
    const book = bookOf(job('1', '0 10 * * *'));
    addDueRuns(book, at(30));
    expect(pending(book, '1')).toBe(0);
  });
});

describe('a clock that jumps', () => {
  const jobs = [job('star', '* * * * *'), job('fixed', '3 10 * * *'), job('later', '40 10 * * *')];

  it('up to five minutes ahead has every minute looked at', () => {
    const book = bookOf(...jobs);
    addDueRuns(book, at(4 * 60));
    expect([pending(book, 'star'), pending(book, 'fixed'), pending(book, 'later')]).toEqual([4, 1, 0]);
  });

  it('up to three hours ahead runs fixed times it skipped, and stars once', () => {
    const book = bookOf(...jobs);
    addDueRuns(book, at(90 * 60));
    expect([pending(book, 'star'), pending(book, 'fixed'), pending(book, 'later')]).toEqual([1, 1, 1]);
  });

  it('further ahead is simply the new time', () => {
    const book = bookOf(...jobs);
    addDueRuns(book, at(5 * 3600));
    expect([pending(book, 'star'), pending(book, 'fixed'), pending(book, 'later')]).toEqual([1, 0, 0]);
  });

  it('a little back repeats stars only, once a minute, until it has caught up', () => {
    const book = bookOf(...jobs);
    addDueRuns(book, at(4 * 60));
    drain(book, at(4 * 60));
    for (const task of book.tasks.values()) task.pending = 0;
    addDueRuns(book, at(2 * 60 + 30));
    addDueRuns(book, at(2 * 60 + 31));
    expect([pending(book, 'star'), pending(book, 'fixed')]).toEqual([1, 0]);
    addDueRuns(book, at(3 * 60));
    expect([pending(book, 'star'), pending(book, 'fixed')]).toEqual([1, 0]);
    addDueRuns(book, at(5 * 60));
    expect(pending(book, 'star')).toBe(2);
  });

  it('far back is simply the new time', () => {
    const book = bookOf(...jobs);
    addDueRuns(book, at(-4 * 3600));
    expect(pending(book, 'star')).toBe(1);
    addDueRuns(book, at(-4 * 3600 + 60));
    expect(pending(book, 'star')).toBe(2);
  });
});

describe('intervals', () => {
  it('begin one interval after the job was seen and queue at most one run', () => {
    const book = bookOf(job('1', '10 seconds'));
    addDueRuns(book, at(9));
    expect(pending(book, '1')).toBe(0);
    addDueRuns(book, at(10));
    addDueRuns(book, at(50));
    expect(pending(book, '1')).toBe(1);
  });

  it('count from the start of a run, so an overrun is followed by the next run at once', () => {
    const book = bookOf(job('1', '3 seconds'));
    addDueRuns(book, at(3));
    expect(startable(book, 99, at(3))).toHaveLength(1);
    for (const seconds of [4, 5, 6, 7, 10, 13]) addDueRuns(book, at(seconds));
    expect(pending(book, '1')).toBe(1);
  });
});

describe('the jobs', () => {
  it('of @reboot run once, for jobs that were there when the launcher started', () => {
    const book = bookOf(job('1', '@reboot'));
    expect(drain(book, at(0))).toEqual(['1']);
    takeJobs(book, [job('1', '@reboot'), job('2', '@reboot')], at(1));
    addDueRuns(book, at(60));
    expect(drain(book, at(60))).toEqual([]);
  });

  it('that sleep have no runs, and lose what was pending', () => {
    const book = bookOf(job('1', '* * * * *'), job('2', '* * * * *', false));
    addDueRuns(book, at(30));
    takeJobs(book, [job('1', '* * * * *', false)], at(31));
    takeJobs(book, [job('1', '* * * * *')], at(32));
    expect(drain(book, at(32))).toEqual([]);
  });

  it('that vanish or fall asleep while running are told', () => {
    const book = bookOf(job('1', '* * * * *'), job('2', '* * * * *'), job('3', '* * * * *'));
    addDueRuns(book, at(30));
    startable(book, 2, at(30));
    const cancelled = takeJobs(book, [job('2', '* * * * *', false), job('3', '* * * * *')], at(31));
    expect(cancelled.map((task) => task.job.jobid)).toEqual(['1', '2']);
  });

  it('beyond the room wait, who ran longest ago goes first', () => {
    const book = bookOf(job('1', '* * * * *'), job('2', '* * * * *'), job('3', '* * * * *'));
    addDueRuns(book, at(30));
    expect(startable(book, 2, at(30)).map((task) => task.job.jobid)).toEqual(['1', '2']);
    for (const task of book.tasks.values()) task.running = false;
    addDueRuns(book, at(90));
    expect(startable(book, 2, at(90)).map((task) => task.job.jobid)).toEqual(['3', '1']);
    expect(startable(book, 0, at(90))).toEqual([]);
  });

  it('that get another schedule follow it from then on', () => {
    const book = bookOf(job('1', '0 0 * * *'));
    takeJobs(book, [job('1', '* * * * *')], at(10));
    addDueRuns(book, at(30));
    expect(pending(book, '1')).toBe(1);
  });
});
