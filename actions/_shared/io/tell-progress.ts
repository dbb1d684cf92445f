import type { Redaction } from './redaction.ts';

/** Writes a line into the log of a running step: what takes minutes must not look as if it hung. */
export function tellProgress(redaction: Redaction): (message: string) => void {
  return (message) => {
    // One line, and no workflow command in it: a message may quote what an API answered.
    const line = redaction
      .redact(message)
      .replaceAll(/[\r\n]+/g, ' ')
      .replaceAll('::', ': :');
    process.stdout.write(`${line}\n`);
  };
}
