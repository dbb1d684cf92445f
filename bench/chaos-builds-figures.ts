import type { GitHubStandIn } from '../local/github/server.ts';
import type { Dispatchers } from './chaos-builds-dispatchers.ts';
import type { Machines } from './chaos-builds-machines.ts';
import type { RunTruth, Told } from './chaos-builds-truth.ts';
import { strikesOf } from './chaos-builds-world.ts';

/** What a chaos of builds was made of, and what it cost; for people and for bench/RESULTS.md. */
export function figuresOf({
  told,
  truths,
  github,
  machines,
  dispatchers,
  doubled,
}: {
  readonly told: Told;
  readonly truths: readonly RunTruth[];
  readonly github: GitHubStandIn;
  readonly machines: Machines;
  readonly dispatchers: Dispatchers;
  readonly doubled: number;
}): Record<string, number | string> {
  const { posts, faults } = strikesOf(github);
  const known = new Set(told.orders.map(({ runId }) => runId));
  const extras = truths.filter(({ runId }) => !known.has(runId));
  const count = (runs: readonly RunTruth[], is: (run: RunTruth) => boolean): number => runs.filter(is).length;
  return {
    'dispatches that reached GitHub': posts,
    'of them arrived twice': doubled,
    'of them struck by a fault': countsIn(faults),
    'runs on GitHub': truths.length,
    'runs too many': `${extras.length}, ${count(extras, ({ conclusion }) => conclusion === 'cancelled')} of them cancelled`,
    'runs that fell silent': count(truths, ({ isSilent }) => isSilent),
    'machines killed with SIGKILL': machines.kills(),
    'machines halted and woken': machines.halts(),
    'dispatchers killed with SIGKILL': dispatchers.killed().length,
    'attempts after the first': told.orders.filter(({ attempt }) => attempt > 1).length,
    'stories kept as artifacts': count(truths, ({ story }) => story === 'artifact'),
    'lines written': truths.reduce((sum, { said }) => sum + said.length, 0),
    'calls to GitHub': `${github.calls.length}, ${(github.calls.length / told.builds.length).toFixed(1)} a build`,
    'builds ended as': countsIn(told.builds.map(({ status }) => status)),
    'what all rounds did': Object.entries(dispatchers.totals())
      .map(([what, times]) => `${what} ${times}`)
      .join(', '),
  };
}

function countsIn(words: readonly string[]): string {
  return [...Map.groupBy(words, (word) => word)].map(([word, all]) => `${word} ${all.length}`).join(', ');
}
