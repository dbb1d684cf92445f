import { printable } from '../../report/printable.ts';
import { painter, type TerminalStyle } from '../../report/terminal-style.ts';
import type { LogEvent } from './build.ts';

const LEVEL_STYLE: Readonly<Record<LogEvent['level'], TerminalStyle | undefined>> = {
  debug: 'dim',
  info: undefined,
  notice: 'good',
  warning: 'change',
  error: 'bad',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how terminals are told colours.
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;

/** One event on one line: what the control room says is set off from what the build says. Ends in a newline. */
export function renderLogEvent(event: LogEvent, { color }: { readonly color: boolean }): string {
  const paint = painter(color);
  const time = paint('dim', event.at.toISOString().slice(11, 23));
  if (event.attempt === 0) return `${time} ${paint('change', `== ${printable(event.message, 2000)}`)}\n`;
  const style = LEVEL_STYLE[event.level];
  const step = event.step === null ? '' : `${paint('dim', `[${printable(event.step, 40)}]`)} `;
  const mark = event.level === 'error' || event.level === 'warning' ? `${event.level}: ` : '';
  const text = `${mark}${printable(event.message.replaceAll(COLOURS, ''), 65_536)}`;
  return `${time} ${step}${style === undefined ? text : paint(style, text)}\n`;
}
