import type { TransactionSql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Sql } from '../../../actions/_shared/database/connect.ts';
import { judgeBuilds } from '../../../bench/chaos-builds-facts.ts';
import { type BuildChaosResult, runBuildChaos } from '../../../bench/chaos-builds-run.ts';
import { type RunTruth, readTold } from '../../../bench/chaos-builds-truth.ts';
import { chosenSource } from '../../support/test-server.ts';
import { type OwnServer, startOwnServer } from '../queue/worker/support/own-server.ts';

const BUILDS = 40;
/** Its server is its own, the embedded one, whichever the others use: once is enough. */
const isElsewhere = chosenSource() !== 'embedded';
let server: OwnServer;
let sql: Sql;
let result: BuildChaosResult;
const said: string[] = [];

beforeAll(async () => {
  server = await startOwnServer();
  sql = connect({ url: server.url, applicationName: 'test', max: 1 });
  result = await runBuildChaos({
    url: server.url,
    restart: server.restart,
    builds: BUILDS,
    branches: 16,
    seed: 20_261_121,
    dispatchers: 2,
    machines: 1,
    atOnce: 16,
    triggerEveryMs: 20,
    awayMs: 1_500,
    killEveryMs: 1_500,
    doubleRate: 0.2,
    weather: { lostAnswers: 0.2, refusedDispatches: 0.1, others: 0.05, staleMs: 300 },
    runListDelayMs: 300,
    dispatcher: {
      pauseMs: 100,
      patience: { listDelayMs: 1_500, looks: 3, againInMs: 200, missingMs: 60_000, postponeMs: 200 },
      extendMs: 1_000,
      doublesAfterMs: 1_500,
      holdMs: 5_000,
      graceMs: 500,
    },
    job: { leaseMs: 1_500, heartbeatMs: 300, patienceMs: 1_000, paceMs: 5 },
    killWithinMs: 1_500,
    haltMs: 3_000,
    concludeWithinMs: 1_500,
    muteMs: 5_000,
    hastenClaims: true,
    limitMs: 90_000,
    say: (message) => void said.push(message),
  });
}, 180_000);
afterAll(async () => {
  await sql?.end();
  await server?.close();
});

it.skipIf(isElsewhere)(
  '40 builds end in the truth, while answers are lost, runs fall silent, dispatchers are killed and the database goes away',
  () => {
    expect(
      { false: result.facts.filter(({ holds }) => !holds), violations: result.violations },
      [
        ...said,
        ...Object.entries(result.figures).map(([name, figure]) => `${name}: ${figure}`),
        ...result.failures,
      ].join('\n'),
    ).toEqual({ false: [], violations: [] });
    expect(result.truths.some(({ isSilent }) => isSilent)).toBe(true);
    expect(result.truths.length).toBeGreaterThan(BUILDS);
  },
);

/** A run that is no build's. */
const stranger: RunTruth = {
  runId: 999_999,
  buildId: '',
  isOver: true,
  conclusion: 'cancelled',
  isVanished: false,
  isSilent: false,
  hasWarned: false,
  story: 'not_ours',
  heardCancel: false,
  note: null,
  hasLog: false,
  said: [],
};

interface Defect {
  readonly name: string;
  /** Makes it in the database, for one build that succeeded at once. */
  readonly plant?: (sql: TransactionSql, buildId: string) => PromiseLike<unknown>;
  /** Makes it in what GitHub knows. */
  readonly run?: Partial<RunTruth>;
  readonly notices: readonly string[];
}

const TEXT = 'logs that are not what their run said, in order';
const defects: readonly Defect[] = [
  {
    name: 'a line is missing',
    plant: (tx, id) => tx`delete from ops.build_events where build_id = ${id} and attempt = 1 and seq = 2`,
    notices: ['logs with a gap in their numbers', TEXT],
  },
  {
    name: 'two lines changed places',
    plant: (tx, id) => tx`
      update ops.build_events e set message = o.message
      from ops.build_events o
      where e.build_id = ${id} and e.attempt = 1 and e.seq in (2, 3)
        and o.build_id = e.build_id and o.attempt = 1 and o.seq = 5 - e.seq`,
    notices: [TEXT],
  },
  {
    name: 'the last lines are missing',
    plant: (tx, id) => tx`delete from ops.build_events where build_id = ${id} and attempt = 1 and seq > 10`,
    notices: [TEXT],
  },
  {
    name: 'a second run wrote',
    plant: (tx, id) => tx`
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, message)
      select build_id, org_id, at, attempt, seq + 1, kind, level, 'run 999999 says 1'
      from ops.build_events where build_id = ${id} and attempt = 1 order by seq desc limit 1`,
    run: {},
    notices: ['runs too many that wrote, or still run', TEXT],
  },
  {
    name: 'a run too many goes on',
    run: { isOver: false, conclusion: null },
    notices: ['runs too many that wrote, or still run', 'runs that are not over on GitHub'],
  },
  {
    name: 'a build ended otherwise',
    plant: (tx, id) => tx`update ops.builds set status = 'failed' where id = ${id}`,
    notices: ['builds that ended in something else than the truth'],
  },
  {
    name: 'a build was lost without a word',
    plant: (tx, id) => tx`update ops.builds set status = 'lost' where id = ${id}`,
    notices: [
      'builds that ended in something else than the truth',
      'alerts missing for lost builds, or raised for others',
    ],
  },
  {
    name: 'an order names another run',
    plant: (tx, id) => tx`update ops.build_dispatches set github_run_id = 999999 where build_id = ${id}`,
    run: {},
    notices: ['attempts without exactly one run', 'runs too many that wrote, or still run', TEXT],
  },
  {
    name: 'an order is open',
    plant: (tx, id) => tx`
      update ops.build_dispatches set state = 'unknown', settled_at = null where build_id = ${id}`,
    notices: ['orders to GitHub that are open'],
  },
  {
    name: 'a lease is left',
    plant: (tx) => tx`
      insert into ops.job_leases (token, worker, claimed_at, expires_at, held)
      values (nextval('ops.job_leases_token_seq'), 'nobody', now(), now() + interval '1 day', '{}')`,
    notices: ['jobs and leases left'],
  },
];

describe.skipIf(isElsewhere)('the facts see', () => {
  it.each(defects)('that $name', async ({ plant, run, notices }) => {
    const own = new Set(
      result.truths.filter((each) => each.story === 'stored').map(({ buildId }) => buildId),
    );
    const seen = await undone(sql, async (tx) => {
      const { builds } = await readTold(tx);
      const good = builds.find(
        ({ id, status, attempt }) => status === 'succeeded' && attempt === 1 && own.has(id),
      );
      if (good === undefined) throw new Error('no build succeeded at once');
      await plant?.(tx, good.id);
      const more = run === undefined ? [] : [{ ...stranger, buildId: good.id, ...run }];
      const { facts, violations } = judgeBuilds(await readTold(tx), [...result.truths, ...more], BUILDS);
      const named = violations.every(({ buildId }) => buildId === good.id);
      return { wrong: facts.filter(({ holds }) => !holds).map(({ what }) => what), named };
    });
    expect(seen).toEqual({ wrong: notices, named: true });
  });
});

class Undo extends Error {}

/** What `act` finds in a transaction that never was. */
async function undone<T>(on: Sql, act: (tx: TransactionSql) => Promise<T>): Promise<T> {
  let found: { readonly value: T } | undefined;
  await on
    .begin(async (tx) => {
      found = { value: await act(tx) };
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
  if (found === undefined) throw new Error('nothing was found');
  return found.value;
}
