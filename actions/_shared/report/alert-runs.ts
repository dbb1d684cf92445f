import type { JobRun } from '../alerts/statements.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * The last runs of a job as one line, the newest on the right: a bar for a run that succeeded, as high as it was long
 * beside the others; `×` for one that failed, `·` for one that was left out, `…` for one that still runs.
 */
export function sparkline(runs: readonly JobRun[]): string {
  const durations = runs.flatMap(({ status, durationMs }) =>
    status === 'succeeded' && durationMs !== null ? [durationMs] : [],
  );
  const longest = Math.max(1, ...durations);
  return runs.map((run) => symbolOf(run, longest)).join('');
}

function symbolOf({ status, durationMs }: JobRun, longest: number): string {
  switch (status) {
    case 'succeeded': {
      const height = Math.round(((durationMs ?? 0) / longest) * (BARS.length - 1));
      return BARS[Math.min(BARS.length - 1, Math.max(0, height))] ?? BARS[0];
    }
    case 'failed':
    case 'timed_out':
    case 'lost':
      return '×';
    case 'queued':
    case 'fired':
    case 'delivered':
      return '…';
    default:
      return '·';
  }
}

/** What the line shows, in words: how many, how many failed, and since when. */
export function runsInWords(runs: readonly JobRun[]): string {
  const failed = runs.filter(({ status }) => ['failed', 'timed_out', 'lost'].includes(status)).length;
  const first = runs[0]?.scheduledFor.toISOString().slice(0, 16).replace('T', ' ');
  return `last ${runs.length} ${runs.length === 1 ? 'run' : 'runs'} since ${first} UTC, ${failed} failed`;
}
