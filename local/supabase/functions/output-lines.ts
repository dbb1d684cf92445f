import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of bytes into lines. */
export interface OutputLines {
  readonly write: (chunk: Buffer) => void;
  /** Hands over what is left without a line end. */
  readonly end: () => void;
}

/** Far more than any line that is kept; what goes on without a line end is thrown away, not hoarded. */
const LONGEST = 256 * 1024;

/** Hands over each line that is not empty. */
export function outputLines(onLine: (line: string) => void): OutputLines {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  const hand = (line: string): void => {
    const text = line.replace(/\r$/, '');
    if (text !== '' && !skipping) onLine(text);
    skipping = false;
  };
  return {
    write: (chunk) => {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) hand(line);
      if (rest.length <= LONGEST) return;
      hand(rest.slice(0, LONGEST));
      rest = '';
      skipping = true;
    },
    end: () => {
      hand(rest + decoder.end());
      rest = '';
    },
  };
}
