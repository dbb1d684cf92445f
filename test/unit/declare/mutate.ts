/** Damages a YAML file the way hands, merges and disks do. */
import type { Random } from './random.ts';

const SNIPPETS = [
  '\t',
  '\r\n',
  '\0',
  '\u0007',
  '\ufeff',
  '\u2028',
  'é',
  '🦊',
  ': ',
  ' #',
  '- ',
  '? ',
  '&a ',
  '*a',
  '!!str ',
  '!x ',
  '|',
  '>-',
  '|+2',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ',',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '<<: *a',
  '~',
  'null',
  'true',
  '0x1F',
  '0o17',
  '1e3',
  '.inf',
  '-0',
  '007',
  '9007199254740993',
  '1_000',
  '2026-11-21',
  'yes',
  '\\',
  '\\u0000',
  '"\\ud800"',
  '@',
  '`',
  '%',
  '*/5 * * * *',
  '__proto__: 1\n',
  'constructor: {}\n',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  '\u001b[31m',
] as const;

const VALUES = [
  '',
  '1',
  'true',
  'null',
  '[]',
  '{}',
  '[1, 2]',
  '{ a: b }',
  '"text"',
  "'it''s'",
  '|\n    block\n',
  '>\n    folded\n    text\n',
  '-1',
  '1.5',
  '30s',
  '99d',
  '*alias',
  '&anchor x',
  '{{{{',
  ']]',
  '"unclosed',
  '"\\x41"',
] as const;

/** A damaged copy of `text`; one to four wounds. */
export function mutate(text: string, random: Random): string {
  let damaged = text;
  const wounds = 1 + random.below(4);
  for (let wound = 0; wound < wounds; wound += 1) damaged = woundOnce(damaged, random);
  return damaged;
}

function woundOnce(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  const offset = random.below(text.length + 1);
  switch (random.below(14)) {
    case 0:
      return text.slice(0, offset) + String.fromCharCode(random.below(0x250)) + text.slice(offset + 1);
    case 1:
      return text.slice(0, offset) + text.slice(offset + 1 + random.below(12));
    case 2:
      return text.slice(0, offset) + random.pick(SNIPPETS) + text.slice(offset);
    case 3:
      return lines.toSpliced(at, 1).join('\n');
    case 4:
      return lines.toSpliced(at, 0, line).join('\n');
    case 5:
      return lines.with(at, `${' '.repeat(random.below(5))}${line.trimStart()}`).join('\n');
    case 6:
      return lines.with(at, line.replace(/:.*$/, `: ${random.pick(VALUES)}`)).join('\n');
    case 7:
      return lines
        .with(
          at,
          line.replace(/[a-z_]+:/, (key) => shuffle(key, random)),
        )
        .join('\n');
    case 8:
      return lines
        .with(
          at,
          line.replace(/\d+/, () => `${random.below(2_000_000_000)}`),
        )
        .join('\n');
    case 9:
      return text.replaceAll('\n', '\r\n');
    case 10:
      return text.slice(0, offset);
    case 11: {
      const other = random.below(lines.length);
      return lines
        .with(at, lines[other] ?? '')
        .with(other, line)
        .join('\n');
    }
    case 12:
      return lines.with(at, `\t${line}`).join('\n');
    default:
      return lines.with(at, line.replace(/["'{}[\],]/, '')).join('\n');
  }
}

function shuffle(word: string, random: Random): string {
  const at = random.below(word.length - 1);
  return `${word.slice(0, at)}${word.slice(at + 1, at + 2)}${word.slice(at, at + 1)}${word.slice(at + 2)}`;
}
