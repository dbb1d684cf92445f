import Table from 'cli-table3';
import type { Run } from '../runs/run.ts';
import { PLAIN_BORDERS } from './plain-borders.ts';
import { printable } from './printable.ts';
import { type Painter, painter, type TerminalStyle } from './terminal-style.ts';

const STATUS_STYLE: Readonly<Record<Run['status'], TerminalStyle>> = {
  queued: 'dim',
  fired: 'change',
  delivered: 'change',
  succeeded: 'good',
  failed: 'bad',
  timed_out: 'bad',
  lost: 'bad',
  skipped: 'dim',
  cancelled: 'dim',
};

/** The runs of jobs as a table with the three truths (fired, delivered, reported), newest as given; ends in a newline. */
export function renderRunsTerminal(runs: readonly Run[], { color }: { readonly color: boolean }): string {
  if (runs.length === 0) return 'No runs.\n';
  const paint = painter(color);
  const table = new Table({
    head: ['run', 'job', 'due (UTC)', 'fired', 'delivered', 'reported', 'outcome', 'why'].map((title) =>
      paint('dim', title),
    ),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_BORDERS,
  });
  for (const run of runs) table.push(runCells(run, paint));
  return `${table.toString()}\n`;
}

/** One run on one line, for `--follow`. */
export function renderRunLine(run: Run, { color }: { readonly color: boolean }): string {
  const [id, job, due, fired, delivered, reported, outcome, why] = runCells(run, painter(color));
  return `${due}  #${id} ${job}  fired ${fired}  delivered ${delivered}  reported ${reported}  ${outcome}${why === '' ? '' : `  ${why}`}\n`;
}

function runCells(run: Run, paint: Painter): string[] {
  const attempt = run.attempt > 1 ? ` (attempt ${run.attempt})` : '';
  return [
    String(run.id),
    printable(run.job, 63),
    timestamp(run.scheduledFor),
    clock(run.firedAt),
    `${clock(run.deliveredAt)}${run.httpStatus === null ? '' : ` ${run.httpStatus}`}`,
    clock(run.reportedAt),
    paint(STATUS_STYLE[run.status], run.status.replaceAll('_', ' ')) + attempt,
    whyOf(run),
  ];
}

/** Long enough for a remedy: it stands at the end. */
const LONGEST_WHY = 300;

function whyOf(run: Run): string {
  const words = run.error ?? '';
  if (run.errorCode === null) return printable(words, LONGEST_WHY);
  return printable(
    words.startsWith(run.errorCode) || words === '' ? words || run.errorCode : `${run.errorCode}: ${words}`,
    LONGEST_WHY,
  );
}

function timestamp(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

function clock(at: Date | null): string {
  return at === null ? '-' : at.toISOString().slice(11, 19);
}
