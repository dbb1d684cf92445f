import { styleText } from 'node:util';
import { wantsColor } from '../actions/_shared/io/wants-color.ts';
import { Stopped } from './stopped.ts';

/** Where the lines of a start go; a test hands in its own. */
export interface Progress {
  /**
   * Run one step, showing its name while it runs and how long it took.
   *
   * @throws Stopped instead of beginning a step, and in place of what a step failed with, once the start is to stop
   */
  readonly step: <T>(label: string, work: () => Promise<T>, detail?: (result: T) => string) => Promise<T>;
  readonly line: (text?: string) => void;
  readonly warn: (text: string) => void;
}

/** What progress is written to: a terminal, or a pipe, a file, a test's own stream. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

const seconds = (from: number) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Back to the beginning of the row, which is emptied. */
const EMPTY_ROW = '\r\x1b[K';

/**
 * Progress for people: on a terminal the running step is shown and overwritten; elsewhere (CI, a pipe) a step
 * is one line when it ends, and one before when it takes longer than two seconds.
 */
export function createProgress(out: ProgressStream, signal?: AbortSignal): Progress {
  const live = out.isTTY === true && process.env.TERM !== 'dumb';
  const color = wantsColor(out);
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const toStop = () => signal?.aborted === true;
  let running: string | undefined;
  // A row that wraps could not be overwritten.
  const show = (label: string) =>
    out.write(`${style('dim', '…')} ${label.slice(0, Math.max(10, (out.columns ?? 80) - 3))}`);
  const line = (text = '') => {
    if (!live || running === undefined) {
      out.write(`${text}\n`);
      return;
    }
    out.write(`${EMPTY_ROW}${text}\n`);
    show(running);
  };
  return {
    async step(label, work, detail) {
      if (toStop()) throw new Stopped();
      const started = performance.now();
      const ends = (sign: string, extra: string) => {
        running = undefined;
        out.write(
          `${live ? EMPTY_ROW : ''}${sign} ${label}${extra} ${style('dim', `(${seconds(started)})`)}\n`,
        );
      };
      running = label;
      if (live) show(label);
      const slow = live ? undefined : setTimeout(() => out.write(`… ${label}\n`), 2000);
      try {
        const result = await work();
        ends(style('green', '✓'), detail === undefined ? '' : `: ${detail(result)}`);
        return result;
      } catch (error) {
        ends(style('red', '✗'), '');
        if (toStop()) throw new Stopped('', { cause: error });
        throw error;
      } finally {
        clearTimeout(slow);
      }
    },
    line,
    warn: (text) => line(`${style('yellow', '!')} ${text}`),
  };
}
