import type { CompiledSchedule, DesiredJob } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';
import { compileSchedule } from '../schedule/compile-schedule.ts';
import { describeSchedule } from '../schedule/describe-schedule.ts';
import { nextRuns } from '../schedule/next-runs.ts';
import type { ScheduleContext } from './plan-entries.ts';
import type { WrittenSchedule } from './readable-schedule.ts';

/**
 * How the schedules of a plan are read: declared jobs from what was compiled already, live ones by compiling them here.
 *
 * @param jobs the declared jobs of the environment the plan is for
 * @param now from when next runs count
 */
export function scheduleReader(jobs: readonly DesiredJob[], now: Date): ScheduleContext {
  const declared = new Map(jobs.map((job) => [job.name, job]));
  return {
    now,
    // The reader of a terminal sits at this machine; GitHub's runners are in UTC, which adds nothing. Asked when a schedule
    // is printed: the first use of Intl takes longer than everything else a plan without changes has to print.
    get readerZone() {
      return Intl.DateTimeFormat().resolvedOptions().timeZone;
    },
    schedules: (written) => {
      const compiled = declaredSchedule(declared.get(written.name), written) ?? compileForeign(written);
      if (compiled === null) return null;
      return {
        words: describeSchedule(compiled),
        timezone: compiled.timezone,
        next: (from, count) => nextRuns(compiled, { from, count }),
      };
    },
  };
}

function declaredSchedule(job: DesiredJob | undefined, written: WrittenSchedule): CompiledSchedule | null {
  if (job === undefined) return null;
  const { schedule } = job.definition;
  if (schedule.source !== written.source || schedule.timezone !== written.timezone) return null;
  return { ...schedule, cronSchedule: job.cron.schedule };
}

function compileForeign(written: WrittenSchedule): CompiledSchedule | null {
  try {
    return compileSchedule(written);
  } catch (error) {
    // What pg_cron accepted long ago need not be what we accept; then the text speaks for itself.
    if (error instanceof ConfigurationError) return null;
    throw error;
  }
}
