import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { seededRandom } from '../local/github/faults.ts';
import { startDispatchers } from './chaos-builds-dispatchers.ts';
import { judgeBuilds, type Violation } from './chaos-builds-facts.ts';
import { figuresOf } from './chaos-builds-figures.ts';
import { leadRuns } from './chaos-builds-github.ts';
import { startMachines } from './chaos-builds-machines.ts';
import type { DispatcherOrder, JobOrder } from './chaos-builds-messages.ts';
import { planBuilds } from './chaos-builds-plan.ts';
import { askForBuilds, keepUp, untilRest } from './chaos-builds-pressure.ts';
import { startDoubler } from './chaos-builds-proxy.ts';
import { type RunTruth, readTold } from './chaos-builds-truth.ts';
import {
  addProject,
  addRecorder,
  startChaosGitHub,
  startWeather,
  type Weather,
} from './chaos-builds-world.ts';
import { type Fact, fact } from './facts.ts';

/** How rough it gets, and how patient everybody is. */
export interface BuildChaos {
  /** Of the owner. */
  readonly url: string;
  /** Stops the database and starts it again. */
  readonly restart: (awayMs: number) => Promise<void>;
  readonly builds: number;
  readonly branches: number;
  readonly seed: number;
  readonly dispatchers: number;
  readonly machines: number;
  /** Runs at work at the same time. */
  readonly atOnce: number;
  readonly triggerEveryMs: number;
  readonly awayMs: number;
  /** A dispatcher is killed so often. */
  readonly killEveryMs: number;
  readonly weather: Omit<Weather, 'seed'>;
  /** Share of dispatches that arrive twice. */
  readonly doubleRate: number;
  readonly runListDelayMs: number;
  readonly dispatcher: Pick<
    DispatcherOrder,
    'pauseMs' | 'patience' | 'extendMs' | 'doublesAfterMs' | 'holdMs' | 'graceMs'
  >;
  readonly job: Pick<JobOrder, 'leaseMs' | 'heartbeatMs' | 'patienceMs' | 'paceMs'>;
  /** A machine that is to die does so this soon after its first run came. */
  readonly killWithinMs: number;
  readonly haltMs: number;
  /** GitHub knows how the runs of a dead machine ended within this time. */
  readonly concludeWithinMs: number;
  /** A run whose recorder never reaches the database ends by itself after this long. */
  readonly muteMs: number;
  /** Let no time pass until what the killed held is anybody's again; a short test has no two minutes. */
  readonly hastenClaims: boolean;
  /** Give up after this long. */
  readonly limitMs: number;
  readonly say: (message: string) => void;
}

/** What came of it. */
export interface BuildChaosResult {
  readonly facts: readonly Fact[];
  readonly violations: readonly Violation[];
  readonly truths: readonly RunTruth[];
  readonly seconds: number;
  /** What was measured beside. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Words of what went wrong in rounds, each once. */
  readonly failures: readonly string[];
}

/**
 * Asks for builds while GitHub loses and doubles answers, machines and dispatchers are killed, and the database goes away in
 * the middle; waits until everything has come to rest, and compares what the database says with what is true.
 */
export async function runBuildChaos(chaos: BuildChaos): Promise<BuildChaosResult> {
  const world = await startWorld(chaos);
  const { sql, github, runs, machines, dispatchers, doubler, troubles } = world;
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) / 1000);
  try {
    const upkeep = keepUp(sql, () =>
      chaos.hastenClaims ? { dispatchers: dispatchers.killed(), runs: runs.silenced() } : null,
    );
    const isAtRest = () => runs.open() === 0 && machines.isQuiet();
    const [{ isDone, restarts }] = await Promise.all([
      untilRest({ ...chaos, sql, killOne: dispatchers.killOne, isAtRest, elapsed }),
      askForBuilds(sql, world.plans, chaos),
    ]);
    await upkeep.stop();
    chaos.say(`${isDone ? 'at rest' : 'gave up'} after ${elapsed()} s`);
    const seconds = elapsed();
    troubles.push(...(await dispatchers.stop()));
    await machines.stop();
    const told = await readTold(sql);
    const truths = runs.truths();
    const { facts, violations } = judgeBuilds(told, truths, chaos.builds);
    return {
      truths,
      violations,
      seconds,
      failures: dispatchers.failures(),
      figures: figuresOf({ told, truths, github, machines, dispatchers, doubled: doubler.doubled() }),
      facts: [
        ...facts,
        fact('requests GitHub does not know', github.violations.length, github.violations.length === 0),
        fact('times the database was away', restarts, restarts === 1),
        fact(
          'processes that ended unasked',
          troubles.length === 0 ? 0 : troubles.join('; '),
          troubles.length === 0,
        ),
      ],
    };
  } finally {
    await world.close();
  }
}

/** Everything that takes part, at work and waiting for builds. */
async function startWorld(chaos: BuildChaos) {
  const random = seededRandom(chaos.seed + 100);
  const plans = planBuilds(chaos);
  const sql = postgres(chaos.url, { max: 3, onnotice: () => undefined, connect_timeout: 5 });
  await addProject(sql, chaos.branches);
  const recorderUrl = await addRecorder(sql, chaos.url);
  const { github, token } = await startChaosGitHub(chaos.branches, chaos.runListDelayMs);
  const doubler = await startDoubler({ target: github.apiUrl, share: chaos.doubleRate, seed: chaos.seed });
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-chaos-'));
  const troubles: string[] = [];
  const machines = startMachines({
    ...chaos,
    steady: chaos.machines,
    together: 5,
    random,
    onWriting: (runId) => runs.onWriting(runId),
    onReport: (report) => runs.onReport(report),
    onSilence: (runIds) => runs.onSilence(runIds),
    onTrouble: (words) => void troubles.push(words),
  });
  const { assign, cancel } = machines;
  const runs = leadRuns({
    ...chaos,
    github,
    plans,
    random,
    folder,
    assign,
    cancel,
    job: { ...chaos.job, recorderUrl },
  });
  const stopWeather = startWeather(github, { ...chaos.weather, seed: chaos.seed });
  const dispatchers = startDispatchers({
    size: chaos.dispatchers,
    random,
    order: {
      ...chaos.dispatcher,
      url: chaos.url,
      apiUrl: doubler.url,
      token,
      repository: `${github.store.owner}/${github.store.repo}`,
    },
  });
  return {
    plans,
    sql,
    github,
    doubler,
    runs,
    machines,
    dispatchers,
    troubles,
    close: async () => {
      stopWeather();
      await dispatchers.stop();
      await machines.stop();
      await sql.end({ timeout: 1 });
      await doubler.close();
      await github.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
