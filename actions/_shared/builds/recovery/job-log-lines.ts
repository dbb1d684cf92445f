import type { Level } from '../recorder/frame.ts';
import { DEFAULT_LIMITS } from '../recorder/limits.ts';
import { prepareLines } from '../recorder/prepare-lines.ts';
import type { LineRedaction } from '../recorder/redact-lines.ts';

/** A line of a log of GitHub's. */
export interface JobLogLine {
  readonly text: string;
  readonly level: Level;
  /** ISO 8601, as GitHub wrote it before the line. */
  readonly at: string | null;
}

/** What stands before each line of a job's log, and before the first of them perhaps a byte order mark. */
const STAMP = /^\uFEFF?(?<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) ?/;

/**
 * The lines of a job's log: their times kept, secrets that look like such cut out (GitHub cut out those it knows), GitHub's
 * commands read as what they mean.
 */
export function* jobLogLines(log: string, redaction: LineRedaction): Generator<JobLogLine> {
  const whole = redaction.redact(log.endsWith('\n') ? log.slice(0, -1) : log);
  if (whole === '') return;
  let at: string | null = null;
  for (const raw of whole.split('\n')) {
    // A line without a time is the rest of one that was written with newlines in it.
    at = STAMP.exec(raw)?.groups?.at ?? at;
    const prepared = prepareLines(raw.replace(STAMP, ''), DEFAULT_LIMITS.lineLength);
    if (prepared !== undefined) yield { text: prepared.text, level: prepared.levels?.[0] ?? 'info', at };
  }
}
