import type { Masks } from './masks.ts';

/** The log of one job: masked, with times, and never longer than its limits. */
export interface JobLog {
  readonly write: (line: string) => void;
  /** Everything so far, as GitHub's download has it. */
  readonly text: () => string;
}

// GitHub cuts logs too; this is plenty for people and little for a laptop.
const MOST_LINES = 50_000;
const MOST_CHARACTERS = 16_000_000;

/** An empty log. @param onLine every line that is kept, without its time */
export function createJobLog(options: {
  readonly masks: Masks;
  readonly now: () => Date;
  readonly onLine?: (line: string) => void;
}): JobLog {
  const lines: string[] = [];
  let characters = 0;
  let full = false;
  const keep = (line: string): void => {
    lines.push(`${options.now().toISOString().replace('Z', '0000Z')} ${line}`);
    characters += line.length;
    options.onLine?.(line);
  };
  return {
    write: (text) => {
      if (full) return;
      for (const line of options.masks.hide(text).split('\n')) {
        if (lines.length >= MOST_LINES || characters >= MOST_CHARACTERS) {
          full = true;
          keep('##[warning]The log is full; later lines are not kept.');
          return;
        }
        keep(line);
      }
    },
    text: () => lines.map((line) => `${line}\n`).join(''),
  };
}
