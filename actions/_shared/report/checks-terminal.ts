import Table from 'cli-table3';
import type { CheckPass, CheckResult } from '../checks/check-pass.ts';
import { PLAIN_BORDERS } from './plain-borders.ts';
import { printable } from './printable.ts';
import { type Painter, painter, type TerminalStyle } from './terminal-style.ts';

/** More results than this are counted: `--format json` has them all. */
const MOST_SHOWN = 200;

/** A pass for people: every check on a line, what is wrong below it with its remedy, and the sum; ends in a newline. */
export function renderChecksTerminal(pass: CheckPass, { color }: { readonly color: boolean }): string {
  const paint = painter(color);
  const results = Map.groupBy(pass.results, ({ check }) => check);
  const names = Object.keys(pass.policies).sort();
  if (names.length === 0) return 'No checks are awake in this environment.\n';
  const table = new Table({
    head: ['state', 'check', 'about', 'what'].map((title) => paint('dim', title)),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_BORDERS,
  });
  let left = MOST_SHOWN;
  for (const name of names) {
    const own = results.get(name) ?? [];
    if (own.length === 0) {
      const [style, word] = quietState(pass, name);
      table.push([paint(style, word), name, '', '']);
    }
    for (const result of own.slice(0, Math.max(0, left))) table.push(cells(result, paint));
    left -= own.length;
  }
  const unseen = left < 0 ? `${-left} more are not shown; --format json has them all.\n` : '';
  return `${table.toString()}\n${unseen}${remedies(pass.results.slice(0, MOST_SHOWN), paint)}${sum(pass, paint)}\n`;
}

function quietState(pass: CheckPass, name: string): readonly [TerminalStyle, string] {
  if (pass.evaluated.includes(name)) return ['good', 'ok'];
  return pass.skipped.includes(name) ? ['dim', 'not now'] : ['change', 'unknown'];
}

function cells({ check, object, state, severity, finding }: CheckResult, paint: Painter): string[] {
  return [
    state === 'unknown' ? paint('change', 'unknown') : paint(styleOf(severity), severity),
    check,
    printable(object, 63),
    printable(finding.detail, 160),
  ];
}

function styleOf(severity: CheckResult['severity']): TerminalStyle {
  switch (severity) {
    case 'critical':
      return 'bad';
    case 'warning':
      return 'change';
    case 'info':
      return 'dim';
  }
}

/** What to do, once for all that need the same. */
function remedies(results: readonly CheckResult[], paint: Painter): string {
  const byRemedy = Map.groupBy(results, ({ finding }) => finding.remediation);
  const lines = [...byRemedy].map(([remedy, same]) => {
    const [first] = same;
    const subject = first === undefined ? '' : first.object || first.check;
    const others = same.length > 1 ? ` and ${same.length - 1} more` : '';
    return `  ${printable(subject, 63)}${others}: ${printable(remedy, 1000)}`;
  });
  return lines.length === 0 ? '' : `\n${paint('strong', 'What to do')}\n${lines.join('\n')}\n`;
}

function sum({ evaluated, skipped, results, policies }: CheckPass, paint: Painter): string {
  const firing = results.filter(({ state }) => state === 'firing');
  const unknown = results.length - firing.length;
  const of = (severity: string): number => firing.filter((result) => result.severity === severity).length;
  const parts = (['critical', 'warning', 'info'] as const).flatMap((severity) =>
    of(severity) === 0 ? [] : [paint(styleOf(severity), `${of(severity)} ${severity}`)],
  );
  if (unknown > 0) parts.push(paint('change', `${unknown} unknown`));
  const count = Object.keys(policies).length;
  const turn = skipped.length === 0 ? '' : `, ${skipped.length} not looked at this time`;
  const head = `${count} check${count === 1 ? '' : 's'}, ${evaluated.length} of them saw everything${turn}`;
  return `\n${head}: ${parts.length === 0 ? paint('good', 'all is well') : parts.join(', ')}`;
}
