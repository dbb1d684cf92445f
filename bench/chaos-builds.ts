/**
 * Asks for builds while GitHub loses or doubles the answers to every fifth dispatch, a tenth of the runs falls silent, dispatchers are killed
 * with SIGKILL and the database is away for 30 seconds; then compares what the database says with what GitHub knows and with what
 * each run says it wrote. Exits 1 when a fact is false, and names each build of which it is.
 * Usage: npm run bench -- chaos-builds [--builds 1000] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { startOwnServer } from '../test/database/queue/worker/support/own-server.ts';
import { type BuildChaos, runBuildChaos } from './chaos-builds-run.ts';
import { concludeFacts } from './facts.ts';
import { wholeNumber } from './parts.ts';

/** Minutes of the product as seconds, so that a thousand builds take minutes. */
const CLOCKS = {
  runListDelayMs: 1_500,
  dispatcher: {
    pauseMs: 300,
    patience: { listDelayMs: 8_000, looks: 3, againInMs: 700, missingMs: 60_000, postponeMs: 1_000 },
    extendMs: 6_000,
    doublesAfterMs: 8_000,
    holdMs: 20_000,
    graceMs: 4_000,
  },
  job: { leaseMs: 6_000, heartbeatMs: 1_500, patienceMs: 6_000, paceMs: 20 },
  killWithinMs: 2_500,
  haltMs: 20_000,
  concludeWithinMs: 8_000,
  muteMs: 30_000,
} as const satisfies Partial<BuildChaos>;

/** Of a hundred dispatches 20 are answered by nobody or arrive twice, and 6 more are not carried out. */
const WEATHER = {
  doubleRate: 0.07,
  weather: { lostAnswers: 0.13, refusedDispatches: 0.06, others: 0.05, staleMs: 1_500 },
} as const satisfies Partial<BuildChaos>;

/** Returns the table of facts. @throws ConfigurationError that names those that are false */
export async function run(args: readonly string[] = []): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: { builds: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  });
  const builds = wholeNumber(values.builds, 'builds');
  const seed = wholeNumber(values.seed, 'seed');
  const server = await startOwnServer({ durable: true });
  try {
    const { facts, violations, seconds, figures, failures } = await runBuildChaos({
      ...CLOCKS,
      ...WEATHER,
      url: server.url,
      restart: server.restart,
      builds,
      branches: 40,
      seed,
      dispatchers: 3,
      machines: 3,
      atOnce: 24,
      triggerEveryMs: 40,
      awayMs: 30_000,
      killEveryMs: 4_000,
      hastenClaims: false,
      limitMs: 20 * 60_000,
      say: (message) => process.stderr.write(`${message}\n`),
    });
    return concludeFacts({
      title: 'chaos-builds',
      head: [
        `${server.description}; Node ${process.versions.node}; seed ${seed}`,
        `${builds} builds on 40 branches, 3 dispatchers, the database away for 30 s in the middle: at rest after ${seconds} s`,
        '',
        ...Object.entries(figures).map(([name, figure]) => `- ${name}: ${figure}`),
      ],
      facts,
      tail: violations.map(({ buildId, what }) => `build ${buildId} ${what}`),
      whenFalse: `\n\nSaid by rounds:\n${failures.slice(0, 50).join('\n')}\n`,
    });
  } finally {
    await server.close();
  }
}
