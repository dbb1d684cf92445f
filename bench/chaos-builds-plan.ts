import { seededRandom } from '../local/github/faults.ts';

/** What GitHub says in the end of a run whose recorder fell silent: a conclusion, or a machine that vanished, or no such run. */
export type SilentTruth = 'success' | 'failure' | 'cancelled' | 'vanished' | 'deleted';

/** How a run will end. */
export type RunEnd =
  | { readonly kind: 'ends'; readonly how: 'success' | 'warnings' | 'failure' }
  /** Somebody stops it on GitHub while it works. */
  | { readonly kind: 'cancelled' }
  /** Its machine is killed, or halted and woken much later, and GitHub knows the rest. */
  | { readonly kind: 'silent'; readonly by: 'kill' | 'halt'; readonly truth: SilentTruth };

/** One run of a build. */
export interface RunPlan {
  readonly lines: number;
  readonly end: RunEnd;
}

/** What will happen to a build. */
export interface BuildPlan {
  readonly index: number;
  /** Number of the branch. */
  readonly branch: number;
  /** A person stops it in the control room, so long after it was asked for. */
  readonly cancelAfterMs: number | null;
  /** Its first run, and those after it had to be tried again. */
  readonly runs: readonly [RunPlan, RunPlan, RunPlan];
}

/** Shares of all builds, in percent: 10 fall silent. The rest succeeds. */
const SHARES = { silent: 10, failure: 8, warnings: 8, cancelledThere: 2, cancelledHere: 2 } as const;

/** What becomes of ten silent ones. `always`: whatever is tried, it vanishes. */
const TRUTHS = [
  'success',
  'vanished',
  'always',
  'failure',
  'deleted',
  'success',
  'vanished',
  'cancelled',
  'success',
  'failure',
] as const;

/** The same plan for the same seed: which builds fall silent, fail, are cancelled, and how much each has to say. */
export function planBuilds({
  builds,
  branches,
  seed,
}: {
  readonly builds: number;
  readonly branches: number;
  readonly seed: number;
}): BuildPlan[] {
  const random = seededRandom(seed);
  const takeShare = taker(shuffled(builds, random), builds);
  const silent = takeShare(SHARES.silent);
  const failing = new Set(takeShare(SHARES.failure));
  const warned = new Set(takeShare(SHARES.warnings));
  const cancelledThere = new Set(takeShare(SHARES.cancelledThere));
  const cancelledHere = new Set(takeShare(SHARES.cancelledHere));
  const endOf = (index: number, run: number): RunEnd => {
    const place = silent.indexOf(index);
    if (place >= 0) return endOfSilent(place, run);
    if (cancelledThere.has(index)) return { kind: 'cancelled' };
    return { kind: 'ends', how: failing.has(index) ? 'failure' : warned.has(index) ? 'warnings' : 'success' };
  };
  return Array.from({ length: builds }, (_, index) => {
    const runOf = (run: number): RunPlan => ({
      lines: 12 + Math.floor(random() * 48),
      end: endOf(index, run),
    });
    return {
      index,
      branch: Math.floor(random() * branches),
      cancelAfterMs: cancelledHere.has(index) ? Math.floor(random() * 4_000) : null,
      runs: [runOf(0), runOf(1), runOf(2)],
    };
  });
}

/** A third is halted and comes back, the others are killed. */
function endOfSilent(place: number, run: number): RunEnd {
  const truth = TRUTHS[place % TRUTHS.length] ?? 'success';
  if (truth === 'always') return { kind: 'silent', by: 'kill', truth: run === 1 ? 'deleted' : 'vanished' };
  if (run > 0) return { kind: 'ends', how: 'success' };
  return { kind: 'silent', by: place % 3 === 1 ? 'halt' : 'kill', truth };
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

/** Takes so many percent of all, at least one, and nothing twice. */
function taker(order: readonly number[], all: number): (percent: number) => readonly number[] {
  let from = 0;
  return (percent) => {
    const to = from + Math.max(1, Math.round((all * percent) / 100));
    const taken = order.slice(from, to);
    from = to;
    return taken;
  };
}

/** What line `number` of a run says: its run is in it, so that a line in a wrong log shows. */
export function sayLine(runId: number, number: number): string {
  const filler = 'compiling grün → ✓ '.repeat((runId * 31 + number * 7) % 6);
  return `run ${runId} says ${number} ${filler}`.trimEnd();
}
