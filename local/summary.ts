import Table from 'cli-table3';
import type { DesiredJob } from '../actions/_shared/declare/model.ts';
import { PLAIN_BORDERS } from '../actions/_shared/report/plain-borders.ts';
import { describeSchedule } from '../actions/_shared/schedule/describe-schedule.ts';
import { nextRuns } from '../actions/_shared/schedule/next-runs.ts';
import type { ControlRoom } from './control-room.ts';
import type { Proof } from './demonstrate.ts';
import type { Progress } from './progress.ts';

const shownJobs = 30;
function compiled(job: DesiredJob) {
  return { ...job.definition.schedule, cronSchedule: job.cron.schedule };
}

function nextRun(job: DesiredJob, { has }: ControlRoom, now: Date): string {
  if (!job.cron.active) return 'asleep';
  if (!has('pg_cron')) return 'never: no pg_cron';
  const [next] = nextRuns(compiled(job), { from: now, count: 1 });
  return next === undefined ? 'at start' : `${next.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The table, or on a terminal too narrow for it two lines a job. */
function fitting(table: Table.Table, rows: readonly (readonly [string, string, string])[]): string {
  const text = table.toString();
  const wide = Math.max(...text.split('\n').map((line) => line.trimEnd().length));
  if (wide <= (process.stdout.columns ?? Number.POSITIVE_INFINITY)) return text;
  return rows.map(([name, schedule, next]) => ` ${name}\n    ${schedule}, next ${next}`).join('\n');
}

/** The last lines of a start: what runs when, where to connect, and which job really reached its answer. */
export async function printSummary(
  room: ControlRoom,
  progress: Progress,
  proof: Proof | undefined,
): Promise<void> {
  const jobs = room.desired()?.jobs ?? [];
  const now = new Date();
  const table = new Table({
    head: ['job', 'schedule', 'next run'],
    style: { head: [], border: [], compact: true },
    chars: PLAIN_BORDERS,
  });
  const rows = jobs
    .slice(0, shownJobs)
    .map((job) => [job.name, describeSchedule(compiled(job)), nextRun(job, room, now)] as const);
  for (const row of rows) table.push([...row]);
  progress.line();
  if (rows.length > 0) progress.line(fitting(table, rows));
  if (jobs.length > shownJobs) progress.line(`... and ${jobs.length - shownJobs} more jobs`);
  progress.line();
  progress.line(
    `Functions answer at ${room.project.url}/functions/v1; \`npm run opsroom -- runs --follow\` shows every run.`,
  );
  const page = room.github()?.page;
  if (page !== undefined)
    progress.line(`Issues, workflow runs and their buttons: ${page.url} (GitHub is a stand-in here)`);
  if (proof === undefined) {
    progress.warn('No job was fired.');
    return;
  }
  const { run, job } = proof;
  progress.line(
    run.status === 'succeeded'
      ? `${job.name} fired and reached its true outcome: ${run.httpStatus === null ? 'done' : `HTTP ${run.httpStatus}`}, ${run.status} (run ${run.id})`
      : `${job.name} did NOT succeed: ${run.status}${run.error === null ? '' : `, ${run.error}`} (run ${run.id})`,
  );
}
