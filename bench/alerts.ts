import postgres, { type Sql } from 'postgres';
import type { CheckPass, CheckResult } from '../actions/_shared/checks/check-pass.ts';
import { connect } from '../actions/_shared/database/connect.ts';
import { type Contender, type Measured, measure, pairedRatio, perPiece, ratioWords } from './measure.ts';
import { runParts } from './parts.ts';
import type { BenchServer } from './server.ts';

/** Raises a commit each: fewer than a pass has, because they take so long. */
const SINGLES = 1000;
/** Raises of one key in a batch, as when the target was set. */
const A_KEY = 4;

interface AlertOptions {
  readonly server: BenchServer;
  readonly raises: number;
  readonly repetitions: number;
}

interface Way extends Contender {
  /** How many alerts it raises. */
  readonly raised: number;
  /** The way with one commit for each, that it is held against. */
  readonly against?: string;
  /** False: over what the way before it raised. */
  readonly anew: boolean;
}

/** Nobody pays for what the one before left to be written, and each writes whole pages as after any checkpoint. */
async function prepare(superuser: Sql, { anew }: Way): Promise<void> {
  if (anew)
    await superuser`truncate ops.alerts, ops.alert_events, ops.check_states, ops.check_policies, ops.watchers`;
  await superuser`checkpoint`;
}

/**
 * What a pass found, recorded at once, against raising the same alerts one by one with a commit each. All of them have the same
 * words and the same details, and each way keeps the alert's history. `--raises N`, `--repetitions N`.
 */
export function run(argv: readonly string[]): Promise<string> {
  const numbers = { raises: 20_000, repetitions: 5 };
  return runParts({ title: 'alerts', parts: { raises: benchRaises }, numbers }, argv);
}

async function benchRaises({ server, raises, repetitions }: AlertOptions): Promise<string> {
  const count = Math.max(raises, SINGLES);
  const superuser = postgres(server.cluster.superuserUrl, { max: 1, onnotice: () => undefined });
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 1 });
  try {
    const ways = waysOf(sql, count).map((way) => ({ ...way, prepare: () => prepare(superuser, way) }));
    const measured = await measure(ways, repetitions);
    return [
      `${count.toLocaleString('en')} raises at once against one a commit (${SINGLES.toLocaleString('en')} of them), per raise; ${repetitions} rounds in turn, after one to warm up`,
      '',
      '| way | ms | raises/s | ratio [lowest-highest] |',
      '|---|---|---|---|',
      ...ways.map((way) => line(way, ways, measured)),
      '',
    ].join('\n');
  } finally {
    await sql.end({ timeout: 5 });
    await superuser.end({ timeout: 5 });
  }
}

function waysOf(sql: Sql, count: number): readonly Way[] {
  const { results } = passOf(count);
  const singles = async (): Promise<void> => {
    for (const result of results.slice(0, SINGLES)) await raiseAlone(sql, result);
  };
  const record = async (pass: CheckPass): Promise<void> => {
    await sql`select ops.record_check_pass(${JSON.stringify(pass)}::text::jsonb)`;
    await expectAlerts(sql, pass);
  };
  const batch = JSON.stringify(
    Array.from({ length: count }, (_, index) => ({
      kind: 'cron_late',
      dedupe_key: `check:${Math.floor(index / A_KEY)}`,
      severity: 'warning',
      title: 'late',
      message: 'it is late',
    })),
  );
  const newAlone = 'one a commit, all new: ops.raise_alert';
  const knownAlone = 'one a commit, all known: ops.raise_alert';
  return [
    { name: newAlone, raised: SINGLES, anew: true, run: singles },
    { name: knownAlone, raised: SINGLES, anew: false, run: singles },
    {
      name: 'one pass, all new: ops.record_check_pass',
      raised: count,
      against: newAlone,
      anew: true,
      run: () => record(passOf(count)),
    },
    {
      name: 'one pass, all known: ops.record_check_pass',
      raised: count,
      against: knownAlone,
      anew: false,
      run: () => record(passOf(count)),
    },
    {
      name: 'one pass, all new, for: 2 of 3',
      raised: count,
      against: newAlone,
      anew: true,
      run: () => record(passOf(count, { failing: 2, of: 3 })),
    },
    {
      name: `one statement, ${A_KEY} raises a key, few words: ops.raise_alerts`,
      raised: count,
      against: newAlone,
      anew: true,
      run: async () => {
        await sql`select count(*) from ops.raise_alerts(${batch}::text::jsonb)`;
      },
    },
  ];
}

async function raiseAlone(sql: Sql, { check, object, severity, finding }: CheckResult): Promise<void> {
  const { remediation, evidence, cache_key } = finding;
  const details = JSON.stringify({ owner: '@team', remediation, evidence, cache_key });
  await sql`
    select ops.raise_alert(
      ${finding.name}, ${`check:${check}:${object}`}, ${severity}, ${finding.title}, ${finding.detail}, ${details}::text::jsonb
    )`;
}

/** A pass that left something out would be fast. @throws Error */
async function expectAlerts(sql: Sql, pass: CheckPass): Promise<void> {
  const expected = pass.results.length;
  const [row] = await sql`
    select
      (select count(*)::integer from ops.alerts where last_seen_at > now() - interval '1 minute' and details ->> 'cache_key' <> '') as alerts,
      (select count(distinct alert_id)::integer from ops.alert_events) as told`;
  if (row?.alerts !== expected || row.told !== expected)
    throw new Error(`a pass of ${expected} left ${JSON.stringify(row)}`);
}

function line(way: Way, ways: readonly Way[], measured: readonly Measured[]): string {
  const find = (name: string | undefined) => ({
    way: ways.find((one) => one.name === name),
    measured: measured.find((one) => one.name === name),
  });
  const own = find(way.name).measured;
  const { way: aloneWay, measured: alone } = find(way.against ?? way.name);
  if (own === undefined || alone === undefined || aloneWay === undefined) throw new Error('nothing measured');
  const ratio = pairedRatio(perPiece(alone, aloneWay.raised), perPiece(own, way.raised));
  const rate = Math.round((way.raised / own.median) * 1000);
  return `| ${way.name} | ${own.median.toFixed(0)} | ${rate.toLocaleString('en')} | ${ratioWords(ratio, { digits: 1, unit: 'x' })} |`;
}

/** A pass that finds `count` things wrong, each an object of its own. */
function passOf(count: number, needed = { failing: 1, of: 1 }): CheckPass {
  return {
    at: new Date().toISOString(),
    environment: 'production',
    evaluated: ['check'],
    skipped: [],
    results: Array.from({ length: count }, (_, index) => resultOf(`job_${String(index).padStart(5, '0')}`)),
    policies: {
      check: {
        for: needed,
        hold_open_s: 600,
        reopen_within_s: 86_400,
        owner: '@team',
        runbook: null,
        runbook_command: null,
        group: null,
        mutes: [],
      },
    },
  };
}

function resultOf(object: string): CheckResult {
  return {
    check: 'check',
    object,
    state: 'firing',
    severity: 'warning',
    finding: {
      name: 'cron_late',
      level: 'WARN',
      title: `${object} is late`,
      detail: `${object} was due at 2026-11-21 12:30:00 UTC, 4m30s ago.`,
      remediation: 'See whether the scheduler lives.',
      evidence: { late_by: '4m30s', due_at: '2026-11-21T12:30:00.000Z' },
      cache_key: `cron_late_check_${object}`,
    },
  };
}

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
