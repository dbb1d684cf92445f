import type { Queryable } from '../../database/connect.ts';
import { DEFAULT_LIMITS } from '../recorder/limits.ts';
import { createLineRedaction } from '../recorder/redact-lines.ts';
import { appendLines } from '../recorder/statements.ts';
import { type JobLogLine, jobLogLines } from './job-log-lines.ts';
import { readAttempt } from './statements.ts';

/** The log of one job, as far as it was fetched. */
export interface JobLog {
  readonly job: string;
  readonly text: string;
  /** There was more, and nobody keeps that much. */
  readonly isCut: boolean;
}

/** What became of logs. `has_lines`: the run had told its story itself; nothing was added. */
export interface StoredJobLogs {
  readonly outcome: 'stored' | 'stale' | 'has_lines';
  readonly lines: number;
}

/** Lines of an attempt that went to a batch, with what is said of all of them. */
interface Batch {
  readonly step: string;
  readonly lines: JobLogLine[];
}

/**
 * Store the logs GitHub has of the jobs of a run, when the run recorded no line: it asked for a status and no log, or its recorder
 * could not begin. Lines keep their times; the step of each is its job.
 *
 * @param sql a transaction, as service_role or the owner: all of it is stored or nothing
 * @param build.attempt must be the build's current one, and over
 * @param options.secrets values to cut out, besides what looks like a secret
 * @throws StaleAttempt when the build was run again meanwhile
 */
export async function storeJobLogs(
  sql: Queryable,
  build: { readonly buildId: string; readonly attempt: number },
  logs: readonly JobLog[],
  { secrets = [], mostLines = DEFAULT_LIMITS.lines }: StoreOptions = {},
): Promise<StoredJobLogs> {
  const { isOver, hasLines } = await readAttempt(sql, build);
  if (!isOver) return { outcome: 'stale', lines: 0 };
  if (hasLines) return { outcome: 'has_lines', lines: 0 };
  const redaction = createLineRedaction(secrets);
  let seq = 1;
  let leftOut = 0;
  for (const log of logs) {
    const batch: Batch = { step: log.job.slice(0, 200), lines: [] };
    for (const line of jobLogLines(log.text, redaction)) {
      if (seq + batch.lines.length > mostLines) {
        leftOut += 1;
        continue;
      }
      batch.lines.push(line);
      if (batch.lines.length === DEFAULT_LIMITS.batchLines) seq += await storeBatch(sql, build, seq, batch);
    }
    seq += await storeBatch(sql, build, seq, batch);
  }
  const lines = seq - 1;
  const gap = gapOf(
    leftOut,
    logs.some(({ isCut }) => isCut),
  );
  if (gap !== null) {
    const outcome = await appendLines(sql, {
      ...build,
      seq,
      text: gap,
      kind: 'gap',
      levels: ['warning'],
      steps: [null],
    });
    if (outcome === 'stale') throw new StaleAttempt();
  }
  return { outcome: 'stored', lines };
}

export interface StoreOptions {
  readonly secrets?: readonly string[];
  readonly mostLines?: number;
}

/** The build was run again while its log was being stored: nothing of it may stay. */
export class StaleAttempt extends Error {
  override readonly name = 'StaleAttempt';

  constructor() {
    super('the build is at another attempt by now');
  }
}

/** Stores what is in a batch and empties it. Returns how many lines that were. */
async function storeBatch(
  sql: Queryable,
  build: { readonly buildId: string; readonly attempt: number },
  seq: number,
  { step, lines }: Batch,
): Promise<number> {
  const stored = lines.splice(0);
  if (stored.length === 0) return 0;
  const outcome = await appendLines(sql, {
    ...build,
    seq,
    text: stored.map(({ text }) => text).join('\n'),
    kind: 'log',
    at: stored.map(({ at }) => at),
    levels: stored.map(({ level }) => level),
    steps: [step],
  });
  if (outcome === 'stale') throw new StaleAttempt();
  return stored.length;
}

function gapOf(lines: number, isCut: boolean): string | null {
  if (lines === 0 && !isCut) return null;
  const count = lines === 0 ? 'Lines' : `${lines.toLocaleString('en')} lines${isCut ? ' and more' : ''}`;
  return `${count} were left out: more than a log keeps`;
}
