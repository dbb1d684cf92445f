import Table from 'cli-table3';
import { formatDuration } from '../declare/duration.ts';
import { PLAIN_BORDERS } from '../report/plain-borders.ts';
import { printable } from '../report/printable.ts';
import { type Painter, painter, type TerminalStyle } from '../report/terminal-style.ts';
import type { Job, JobDetail, JobStatus, QueueOverview } from './admin-statements.ts';

const STATUS_STYLE: Readonly<Record<JobStatus, TerminalStyle>> = {
  pending: 'plain',
  running: 'change',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'dim',
};

interface View {
  readonly color: boolean;
  readonly now: Date;
}

/** Jobs as a table, in the order given; ends in a newline. */
export function renderJobsTerminal(jobs: readonly Job[], { color, now }: View): string {
  if (jobs.length === 0) return 'No jobs.\n';
  const paint = painter(color);
  const table = tableOf(paint, ['job', 'type', 'status', 'due (UTC)', 'attempts', 'keys', 'what']);
  for (const job of jobs) {
    table.push([
      String(job.id),
      printable(job.taskType, 63),
      paint(STATUS_STYLE[job.status], statusWords(job, now)),
      timestamp(job.runAt),
      `${job.attempts}/${job.maxAttempts}`,
      keys(job),
      what(job),
    ]);
  }
  return `${table.toString()}\n`;
}

/** One job in full. */
export function renderJobTerminal(job: JobDetail, { color }: View): string {
  const paint = painter(color);
  const lines: [string, string][] = [
    ['job', String(job.id)],
    ['type', printable(job.task_type, 63)],
    ['status', paint(STATUS_STYLE[job.status], job.status)],
    ['attempts', `${job.attempts} of ${job.max_attempts}`],
    ['due', job.run_at],
    ['payload', printable(JSON.stringify(job.payload), 4000)],
  ];
  if (job.lease !== null) {
    lines.push(['worker', printable(job.lease.worker, 200)], ['lease ends', job.lease.expires_at]);
  }
  if (job.last_error !== null) lines.push(['error', paint('bad', printable(job.last_error, 4000))]);
  return `${lines.map(([name, value]) => `${paint('dim', name.padEnd(11))}${value}`).join('\n')}\n`;
}

/** The queue by type, and who works on it. */
export function renderOverviewTerminal(overview: QueueOverview, { color, now }: View): string {
  if (overview.types.length === 0) return 'The queue is empty.\n';
  const paint = painter(color);
  const counts = ['pending', 'due', 'running', 'succeeded', 'failed', 'cancelled'] as const;
  const table = tableOf(paint, ['type', ...counts, 'oldest due', '']);
  for (const type of overview.types) {
    table.push([
      printable(type.task_type, 63),
      ...counts.map((name) =>
        paint(name === 'failed' && type.failed > 0 ? 'bad' : 'plain', String(type[name])),
      ),
      type.oldest_due_seconds === null ? '-' : ago(type.oldest_due_seconds * 1000),
      type.paused ? paint('change', 'paused') : '',
    ]);
  }
  return `${table.toString()}\n${leases(overview, paint, now)}`;
}

function leases(overview: QueueOverview, paint: Painter, now: Date): string {
  if (overview.leases.length === 0) return 'Nobody works on it now.\n';
  const table = tableOf(paint, ['worker', 'jobs', 'since', 'lease ends in']);
  for (const lease of overview.leases) {
    const left = Date.parse(lease.expires_at) - now.getTime();
    table.push([
      printable(lease.worker, 80),
      String(lease.open_jobs),
      ago(now.getTime() - Date.parse(lease.claimed_at)),
      left > 0 ? ago(left) : paint('bad', 'over'),
    ]);
  }
  return `\n${table.toString()}\n`;
}

function tableOf(paint: Painter, titles: readonly string[]): Table.Table {
  return new Table({
    head: titles.map((title) => paint('dim', title)),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_BORDERS,
  });
}

function statusWords(job: Job, now: Date): string {
  if (job.status !== 'pending') return job.status;
  if (job.blocked) return 'waits its turn';
  return job.runAt > now ? 'pending' : 'due';
}

function keys({ uniqueKey, serialKey }: Job): string {
  const told = [
    uniqueKey === null ? '' : `unique ${printable(uniqueKey, 40)}`,
    serialKey === null ? '' : `serial ${printable(serialKey, 40)}`,
  ];
  return told.filter((text) => text !== '').join(', ');
}

function what(job: Job): string {
  if (job.lastError !== null && job.status !== 'succeeded') return printable(job.lastError, 80);
  if (job.result !== null && job.result !== undefined) return printable(JSON.stringify(job.result), 80);
  return printable(JSON.stringify(job.payload), 80);
}

function timestamp(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

/** A length of time to the second, or shorter than one. */
function ago(milliseconds: number): string {
  const rounded = milliseconds < 1000 ? Math.round(milliseconds) : Math.round(milliseconds / 1000) * 1000;
  return formatDuration(Math.max(0, rounded));
}
