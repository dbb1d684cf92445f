import type { JobLog } from '../../../functions/_shared/jobs/define-job.ts';
import { redactSecrets } from '../../../functions/_shared/jobs/describe-error.ts';
import type { ClaimedJob } from '../../../functions/_shared/jobs/run-job.ts';
import { printable } from '../report/printable.ts';
import { painter, type TerminalStyle } from '../report/terminal-style.ts';

/** From the quietest to the most talkative. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured lines of a worker, one an event. `event` is from a closed list (docs/queue.md), fields are plain. */
export interface WorkLog {
  /** True when lines of this level are written: callers skip the making of lines nobody reads. */
  readonly has: (level: LogLevel) => boolean;
  readonly write: (level: LogLevel, event: string, fields?: LogFields) => void;
  /** The log a handler sees. */
  readonly ofJob: (job: ClaimedJob) => JobLog;
  /** Write what is still buffered. */
  readonly flush: () => void;
}

export interface WorkLogOptions {
  readonly level: LogLevel;
  /** `json`: an object a line; `terminal`: for people. */
  readonly format: 'json' | 'terminal';
  readonly color?: boolean;
  readonly out: (text: string) => void;
  readonly now?: () => Date;
  readonly secrets?: readonly string[];
}

const LONGEST_VALUE = 2000;

/** A log that gathers the lines of one turn of the event loop into one write. */
export function createWorkLog(options: WorkLogOptions): WorkLog {
  const wanted = LOG_LEVELS.indexOf(options.level);
  const now = options.now ?? (() => new Date());
  const secrets = options.secrets ?? [];
  const render = options.format === 'json' ? jsonLine : terminalLine(options.color === true);
  let buffer = '';
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    const text = buffer;
    buffer = '';
    if (text !== '') options.out(text);
  };
  const has = (level: LogLevel): boolean => LOG_LEVELS.indexOf(level) <= wanted;
  const write = (level: LogLevel, event: string, fields: LogFields = {}): void => {
    if (!has(level)) return;
    buffer += render(now(), level, event, clean(fields, secrets));
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
  const ofJob = (job: ClaimedJob): JobLog => {
    const line =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void =>
        write(level, 'job_log', {
          id: job.id,
          task_type: job.taskType,
          attempt: job.attempt,
          message,
          ...fields,
        });
    return { info: line('info'), warn: line('warn'), error: line('error') };
  };
  return { has, write, ofJob, flush };
}

const secretName = /token|secret|password|authorization|api_?key|cookie/i;

/** Plain, bounded values without credentials. */
function clean(
  fields: LogFields,
  secrets: readonly string[],
): Record<string, string | number | boolean | null> {
  const plain: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) plain[name] = value;
    else if (secretName.test(name)) plain[name] = '[redacted]';
    else plain[name] = redactSecrets(text(value), secrets).slice(0, LONGEST_VALUE);
  }
  return plain;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return (
      JSON.stringify(value, (name, inner: unknown) => (secretName.test(name) ? '[redacted]' : inner)) ??
      String(value)
    );
  } catch {
    return '[not printable]';
  }
}

type Line = (at: Date, level: LogLevel, event: string, fields: LogFields) => string;

const jsonLine: Line = (at, level, event, fields) =>
  `${JSON.stringify({ at: at.toISOString(), level, event, ...fields })}\n`;

const LEVEL_STYLE: Readonly<Record<LogLevel, TerminalStyle>> = {
  error: 'bad',
  warn: 'change',
  info: 'plain',
  debug: 'dim',
};

function terminalLine(color: boolean): Line {
  const paint = painter(color);
  return (at, level, event, fields) => {
    const told = Object.entries(fields).map(
      ([name, value]) => `${paint('dim', `${name}=`)}${printable(String(value), 300)}`,
    );
    const head = `${paint('dim', at.toISOString().slice(11, 23))} ${paint(LEVEL_STYLE[level], event.replaceAll('_', ' '))}`;
    return `${[head, ...told].join('  ')}\n`;
  };
}
