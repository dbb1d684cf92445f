import { type Measured, pairedRatio, ratioWords } from './measure.ts';

/** A line of a table: ours against a peer or a limit. */
export interface Row {
  readonly work: string;
  readonly ours: Measured;
  readonly peer: Measured;
  /** `faster`: peer/ours must be at least the floor; `at most`: ours/peer must not exceed it. */
  readonly sense: 'faster' | 'at most';
  /** Left out for figures that no target is set for. */
  readonly target?: { readonly floor: number; readonly goal: number };
}

/** The contender of that name. @throws Error when nobody measured it */
export function find(measured: readonly Measured[], name: string): Measured {
  const found = measured.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no contender ${name}`);
  return found;
}

/** A Markdown table of the rows, with what they mean for their targets. */
export function table(rows: readonly Row[]): string {
  const head = [
    '| work | ours | peer | ratio [lowest-highest] | floor / goal | |',
    '|---|---|---|---|---|---|',
  ];
  return `${[...head, ...rows.map(line)].join('\n')}\n`;
}

function line({ work, ours, peer, sense, target }: Row): string {
  const ratio = sense === 'faster' ? pairedRatio(peer, ours) : pairedRatio(ours, peer);
  const words = ratioWords(ratio, { unit: sense === 'faster' ? 'x faster' : 'x its time' });
  const meets = (bound: number): boolean =>
    sense === 'faster' ? ratio.median >= bound : ratio.median <= bound;
  const bounds = target === undefined ? '' : `${target.floor} / ${target.goal}`;
  const verdict = target === undefined ? '' : verdictOf(meets(target.floor), meets(target.goal));
  return `| ${work} | ${ours.median.toFixed(0)} ms | ${peer.median.toFixed(0)} ms | ${words} | ${bounds} | ${verdict} |`;
}

function verdictOf(floor: boolean, goal: boolean): string {
  if (goal) return 'goal met';
  return floor ? 'floor met' : 'MISSED';
}
