import { ConfigurationError } from '../actions/_shared/io/errors.ts';

/** One thing that must be true after the chaos. */
export interface Fact {
  readonly what: string;
  readonly found: string;
  readonly holds: boolean;
}

export function fact(what: string, found: string | number, holds: boolean): Fact {
  return { what, found: String(found), holds };
}

/**
 * The report of a chaos, for people and for bench/RESULTS.md: its head, the facts as a table, and what there is to say of them.
 *
 * @param report.whenFalse printed behind it when a fact is false
 * @throws ConfigurationError that names the facts that are false, once all is printed
 */
export function concludeFacts(report: {
  readonly title: string;
  readonly head: readonly string[];
  readonly facts: readonly Fact[];
  readonly tail?: readonly string[];
  readonly whenFalse?: string;
}): string {
  const { title, head, facts, tail = [], whenFalse = '' } = report;
  const text = [
    `# ${title}`,
    '',
    ...head,
    '',
    '| fact | found | |',
    '|---|---|---|',
    ...facts.map(({ what, found, holds }) => `| ${what} | ${found} | ${holds ? 'holds' : 'FALSE'} |`),
    '',
    ...tail,
  ].join('\n');
  const wrong = facts.filter(({ holds }) => !holds);
  if (wrong.length === 0) return text;
  process.stdout.write(`${text}${whenFalse}`);
  throw new ConfigurationError(`False: ${wrong.map(({ what }) => what).join(', ')}.`);
}
