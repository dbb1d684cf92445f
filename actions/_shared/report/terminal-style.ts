import { styleText } from 'node:util';

/** The few styles our terminal output uses, by meaning. */
export type TerminalStyle = 'good' | 'change' | 'bad' | 'dim' | 'strong' | 'plain';

/** Puts a style on a text; the identity when colours are off. */
export type Painter = (style: TerminalStyle, text: string) => string;

const FORMATS = {
  good: 'green',
  change: 'yellow',
  bad: 'red',
  dim: 'gray',
  strong: 'bold',
} as const;

/** A painter; whether colours are wanted was decided by the caller (terminal, NO_COLOR, --no-color). */
export function painter(color: boolean): Painter {
  return (style, text) =>
    !color || style === 'plain' ? text : styleText(FORMATS[style], text, { validateStream: false });
}
