import { styleText } from 'node:util';

/** Where the lines of a start go; a test hands in its own. */
export interface Progress {
  /** Run one step, showing its name while it runs and how long it took. */
  readonly step: <T>(label: string, work: () => Promise<T>, detail?: (result: T) => string) => Promise<T>;
  readonly line: (text?: string) => void;
  readonly warn: (text: string) => void;
}

const seconds = (from: number) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/**
 * Progress for people: on a terminal the running step is shown and overwritten; elsewhere (CI, a pipe) a step
 * is one line when it ends, and one before when it takes longer than two seconds.
 */
export function createProgress(out: NodeJS.WriteStream): Progress {
  const live = out.isTTY === true;
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    live ? styleText(format, text) : text;
  return {
    async step(label, work, detail) {
      const started = performance.now();
      if (live) out.write(`${style('dim', '…')} ${label}`);
      const slow = live ? undefined : setTimeout(() => out.write(`… ${label}\n`), 2000);
      try {
        const result = await work();
        const extra = detail === undefined ? '' : `: ${detail(result)}`;
        out.write(
          `${live ? '\r\x1b[K' : ''}${style('green', '✓')} ${label}${extra} ${style('dim', `(${seconds(started)})`)}\n`,
        );
        return result;
      } catch (error) {
        out.write(
          `${live ? '\r\x1b[K' : ''}${style('red', '✗')} ${label} ${style('dim', `(${seconds(started)})`)}\n`,
        );
        throw error;
      } finally {
        clearTimeout(slow);
      }
    },
    line(text = '') {
      out.write(`${text}\n`);
    },
    warn(text) {
      out.write(`${style('yellow', '!')} ${text}\n`);
    },
  };
}
