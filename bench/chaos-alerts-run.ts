import type { Sql } from 'postgres';
import { readAlertMarker } from '../actions/_shared/alerts/issue-marker.ts';
import type { Outcome } from '../actions/_shared/io/outcome.ts';
import { seededRandom } from '../local/github/faults.ts';
import type { GitHubStandIn } from '../local/github/server.ts';
import { type HealthPlace, runHealthCheck } from '../test/database/alerts/health-run.ts';
import { passTime } from '../test/database/alerts/pass-time.ts';
import { type Fact, fact } from './facts.ts';

/** What a chaos of alerts is made of. */
export interface AlertChaos {
  readonly sql: Sql;
  readonly github: GitHubStandIn;
  readonly place: HealthPlace;
  /** How often the action runs, two at a time. */
  readonly runs: number;
  /** Things that may be broken at the same time. */
  readonly things: number;
  /** Share of calls to GitHub that go wrong, 0 to 1. */
  readonly faultRate: number;
  /** For so long lists lag behind each time they do. */
  readonly staleMs: number;
  readonly seed: number;
  readonly say: (message: string) => void;
}

/** What came of it. */
export interface AlertChaosResult {
  readonly facts: readonly Fact[];
  readonly calls: number;
  /** Calls to which GitHub answered with an error. */
  readonly faults: number;
  readonly runsOf: Readonly<Record<string, number>>;
}

/**
 * Runs health checks two at a time while things break, get worse and heal, GitHub fails and its lists lag, and time passes;
 * then lets everything come to rest, and asks whether issues say what alerts say.
 */
export async function runAlertChaos(chaos: AlertChaos): Promise<AlertChaosResult> {
  const { sql, github, place } = chaos;
  const random = seededRandom(chaos.seed);
  await sql`create schema if not exists chaos`;
  await sql`create table if not exists chaos.broken (object text primary key, severity text not null, detail text not null)`;
  const runsOf: Record<string, number> = {};
  let mostOpen = 0;
  const { seed, faultRate: rate, staleMs } = chaos;
  const stopFaults = github.failAtRandom({ seed, rate, staleMs });
  let mostAlerts = 0;
  const meter = createMeter();
  const watch = (): void => {
    mostOpen = Math.max(mostOpen, openPerMarker(github));
  };
  const timer = setInterval(watch, 5);
  try {
    for (let run = 0; run < chaos.runs; run += 2) {
      await changeThings(sql, chaos.things, random);
      const both = await Promise.all([runHealthCheck(place, `${run}`), runHealthCheck(place, `${run + 1}`)]);
      watch();
      for (const outcome of both) {
        runsOf[outcome.reason] = (runsOf[outcome.reason] ?? 0) + 1;
        meter.add(outcome);
        mostAlerts = Math.max(mostAlerts, Number(outcome.outputs?.alerts));
      }
      await passTime(sql, '5 minutes');
      if (run % 50 === 0) chaos.say(`run ${run} of ${chaos.runs}`);
    }
    stopFaults();
    // Whatever was left undone is done by the runs that follow, with time for what GitHub asked us to wait for.
    for (let run = 0; run < 40; run += 1) {
      await passTime(sql, run < 20 ? '15 minutes' : '1 minute');
      meter.add(await runHealthCheck(place, `rest-${run}`));
      watch();
    }
  } finally {
    clearInterval(timer);
    stopFaults();
  }
  return {
    calls: github.calls.length,
    faults: github.calls.filter(({ status }) => status >= 400).length,
    runsOf,
    facts: [
      ...(await restingFacts(sql, github)),
      fact('open issues of one thing at any moment, at most', mostOpen, mostOpen === 1),
      fact('runs that changed nothing', meter.quietRuns(), meter.quietRuns() > 0),
      fact('calls of such a run, at most', meter.mostQuiet(), meter.mostQuiet() <= 3),
      fact('runs that changed something', meter.changingRuns(), meter.changingRuns() > 0),
      fact('calls a change in such a run, at most', meter.mostPerChange(), meter.mostPerChange() <= 3),
      fact('alerts at the same time, at most', mostAlerts, mostAlerts > chaos.things / 4),
      fact('requests GitHub does not know', github.violations.length, github.violations.length === 0),
    ],
  };
}

async function restingFacts(sql: Sql, github: GitHubStandIn): Promise<Fact[]> {
  const rows = await sql`
    select a.object, a.issue_number as number from ops.alerts a where a.resolved_at is null and a.status <> 'pending'`;
  const open = [...github.store.issues.values()].filter(({ state }) => state === 'open');
  const shown = rows.filter(({ number }) => open.some((issue) => issue.number === number)).length;
  const numbers = new Set(rows.map(({ number }) => Number(number)));
  const idle = open.filter(({ number }) => !numbers.has(number)).length;
  const undone = await sql`
    select count(*)::int as count from ops.alert_issues where retired_at is null and (attempt is not null or say is not null)`;
  const broken = await sql`select count(*)::int as count from chaos.broken`;
  return [
    fact('things that are broken in the end', Number(broken[0]?.count), Number(broken[0]?.count) > 0),
    fact('alerts in the end', rows.length, rows.length === broken[0]?.count),
    fact('of them shown by an open issue', shown, shown === rows.length),
    fact('open issues that show no alert', idle, idle === 0),
    fact('writes left undone', Number(undone[0]?.count), undone[0]?.count === 0),
  ];
}

/** What runs asked of GitHub, of those to which nothing unforeseen happened. */
function createMeter() {
  let quietRuns = 0;
  let changingRuns = 0;
  let mostQuiet = 0;
  let mostPerChange = 0;
  return {
    quietRuns: () => quietRuns,
    changingRuns: () => changingRuns,
    mostQuiet: () => mostQuiet,
    mostPerChange: () => Math.round(mostPerChange * 100) / 100,
    add: ({ counts = {}, warnings = [] }: Outcome): void => {
      if (warnings.length > 0) return;
      const {
        calls = Number.NaN,
        created = 0,
        updated = 0,
        reopened = 0,
        closed = 0,
        commented = 0,
      } = counts;
      const changes = created + updated + reopened + closed + commented;
      if (changes === 0) {
        quietRuns += 1;
        mostQuiet = Math.max(mostQuiet, calls);
      } else {
        changingRuns += 1;
        // The one look at the list belongs to every run.
        mostPerChange = Math.max(mostPerChange, (calls - 1) / changes);
      }
    },
  };
}

/** Things break, get worse and heal, a few a run, so that about half of them are broken at a time. */
async function changeThings(sql: Sql, things: number, random: () => number): Promise<void> {
  const thing = (): string => `thing-${Math.floor(random() * things)}`;
  for (let change = 0; change < 4; change += 1) {
    if (random() < 0.55) {
      const severity = random() < 0.3 ? 'critical' : 'warning';
      await sql`
        insert into chaos.broken values (${thing()}, ${severity}, ${`seen ${random()}`})
        on conflict (object) do update set severity = excluded.severity, detail = excluded.detail`;
    } else {
      await sql`delete from chaos.broken where object = ${thing()}`;
    }
  }
}

/** The most issues that are open for one thing. */
function openPerMarker(github: GitHubStandIn): number {
  const open = [...github.store.issues.values()].filter(({ state }) => state === 'open');
  const keys = Map.groupBy(open, ({ body }) => readAlertMarker(body ?? '')?.key ?? 'none');
  return Math.max(0, ...[...keys.values()].map(({ length }) => length));
}
