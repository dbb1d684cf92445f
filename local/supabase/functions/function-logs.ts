/** What functions write, kept in memory: bounded, cut as the platform cuts, secrets taken out. */
import type { FunctionLimits } from './limits.ts';

/** One event. `booted` and `ended` are ours, the rest was written by the function. */
export interface LogEvent {
  readonly at: Date;
  readonly slug: string;
  readonly executionId: string;
  readonly level: 'info' | 'error';
  readonly kind: 'line' | 'booted' | 'ended' | 'dropped';
  readonly message: string;
}

/** The log of all functions of a host. */
export interface FunctionLogs {
  /** Oldest first. */
  readonly read: (filter?: { readonly slug?: string; readonly last?: number }) => readonly LogEvent[];
  /** Tells of every event as it comes; the returned function ends that. */
  readonly follow: (listener: (event: LogEvent) => void) => () => void;
}

/** The writing end. */
export interface LogWriter {
  /** A line of a function's output; held to the platform's limits. */
  readonly line: (level: LogEvent['level'], text: string) => void;
  readonly event: (kind: 'booted' | 'ended', level: LogEvent['level'], text: string) => void;
}

/** What looks like a credential although we were not told of it: JWTs, API keys, access tokens. */
const CREDENTIALS = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+|\bsb(?:_secret|_publishable|p)_[\w-]{8,}/g;

/** Makes a log that keeps the last `keep` events. */
export function createFunctionLogs(options: {
  readonly limits: FunctionLimits;
  readonly redact: (text: string) => string;
  readonly keep?: number;
  readonly now?: () => number;
}): FunctionLogs & { readonly writer: (slug: string, executionId: string) => LogWriter } {
  const { limits, redact, keep = 2_000, now = Date.now } = options;
  const events: LogEvent[] = [];
  const listeners = new Set<(event: LogEvent) => void>();

  const add = (event: LogEvent): void => {
    events.push(event);
    if (events.length > keep) events.splice(0, events.length - keep);
    for (const listener of listeners) listener(event);
  };

  const writer = (slug: string, executionId: string): LogWriter => {
    let windowStart = now();
    let inWindow = 0;
    const write = (kind: LogEvent['kind'], level: LogEvent['level'], text: string): void => {
      const message = redact(text).replaceAll(CREDENTIALS, '***').slice(0, limits.logLineCharacters);
      add({ at: new Date(now()), slug, executionId, level, kind, message });
    };
    return {
      line: (level, text) => {
        if (now() - windowStart >= limits.logWindowMs) {
          windowStart = now();
          inWindow = 0;
        }
        inWindow += 1;
        if (inWindow <= limits.logEvents) write('line', level, text);
        else if (inWindow === limits.logEvents + 1) {
          write(
            'dropped',
            'error',
            `more than ${limits.logEvents} log events in ${limits.logWindowMs / 1_000} s: the rest is left out`,
          );
        }
      },
      event: (kind, level, text) => write(kind, level, text),
    };
  };

  return {
    read: ({ slug, last } = {}) => {
      const chosen = slug === undefined ? events : events.filter((event) => event.slug === slug);
      return last === undefined ? [...chosen] : chosen.slice(-last);
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    writer,
  };
}
