import { printable } from '../../report/printable.ts';
import { painter, type TerminalStyle } from '../../report/terminal-style.ts';
import { AREAS, type Area, type DoctorItem, type ItemStatus } from './item.ts';
import type { DoctorReport } from './run-doctor.ts';

const SIGNS = { ok: '✓', warning: '!', error: '✗', unknown: '?' } as const satisfies Record<
  ItemStatus,
  string
>;
const STYLES = { ok: 'good', warning: 'change', error: 'bad', unknown: 'dim' } as const satisfies Record<
  ItemStatus,
  TerminalStyle
>;
const TITLES = {
  here: 'This machine',
  runbooks: 'Files',
  database: 'Database',
  supabase: 'Supabase',
  github: 'GitHub',
  clocks: 'Clocks',
} as const satisfies Record<Area, string>;

/** How many items there are of each status. */
export function doctorCounts(items: readonly DoctorItem[]): Readonly<Record<ItemStatus, number>> {
  const count = (status: ItemStatus): number => items.filter((item) => item.status === status).length;
  return { ok: count('ok'), warning: count('warning'), error: count('error'), unknown: count('unknown') };
}

const MAY_READ = 'Look with a token that may read ';

/** What could not be looked at for one and the same reason is one line, where the first of it stood. */
function together(items: readonly DoctorItem[]): readonly DoctorItem[] {
  const reasonOf = ({ status, detail }: DoctorItem): string => (status === 'unknown' ? detail : '');
  const byReason = Map.groupBy(items, reasonOf);
  return items.flatMap((item) => {
    const alike = byReason.get(reasonOf(item)) ?? [];
    if (item.status !== 'unknown' || alike.length === 1) return item;
    if (alike[0] !== item) return [];
    return { ...item, title: alike.map(({ title }) => title).join(', '), remedy: commonRemedy(alike) };
  });
}

function commonRemedy(items: readonly DoctorItem[]): string | null {
  const remedies = [...new Set(items.flatMap(({ remedy }) => remedy ?? []))];
  if (remedies.length === 0) return null;
  if (!remedies.every((remedy) => remedy.startsWith(MAY_READ))) return remedies.join(' ');
  const scopes = remedies.flatMap((remedy) => remedy.slice(MAY_READ.length, -1).split(' and '));
  return `${MAY_READ}${[...new Set(scopes)].sort().join(', ')}.`;
}

/** What the doctor says, for people; ends in a newline. */
export function renderDoctorTerminal(report: DoctorReport, { color }: { readonly color: boolean }): string {
  const paint = painter(color);
  const lines: string[] = [];
  for (const area of AREAS) {
    const items = together(report.items.filter((item) => item.area === area));
    if (items.length === 0) continue;
    lines.push(paint('strong', TITLES[area]));
    for (const { status, title, detail, remedy } of items) {
      const why = status === 'unknown' ? 'could not look: ' : '';
      lines.push(` ${paint(STYLES[status], SIGNS[status])} ${title}: ${why}${printable(detail, 1000)}`);
      if (remedy !== null) lines.push(`   ${paint('dim', 'do:')} ${printable(remedy, 1000)}`);
    }
    lines.push('');
  }
  const { ok, warning, error, unknown } = doctorCounts(report.items);
  lines.push(
    `${report.environment}: ${ok} well, ${warning} to look at, ${error} wrong, ${unknown} could not be looked at.`,
  );
  return `${lines.join('\n')}\n`;
}
