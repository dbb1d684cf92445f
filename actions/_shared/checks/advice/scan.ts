/** One look for advice: every rule and every lint asked once, what is suppressed told apart from what is not. */
import type { Sql, Transaction } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';
import { readTransaction } from '../../database/transaction.ts';
import type { AdvisoryPolicy } from '../../declare/kinds/advisory-policy.ts';
import { isAdvisoryRule } from '../../declare/kinds/advisory-rules.ts';
import type { DesiredState } from '../../declare/model.ts';
import { makeFinding } from '../finding.ts';
import { type LintReport, lintPostgres, postgresLints } from '../postgres-lints.ts';
import type { SeenFacts } from './facts.ts';
import { readWithin } from './read-facts.ts';
import { adviceRules } from './registry.ts';
import type { AdviceRow, AdviceRule } from './rule.ts';
import { judgeSuppressions, type ScannedFinding, suppress } from './suppressions.ts';

/** A rule and why it says less than it could. */
export interface SilentRule {
  readonly rule: string;
  readonly reason: string;
}

/** What a scan says. */
export interface ScanReport {
  readonly schema_version: 1;
  readonly environment: string;
  /** ISO 8601, by the clock of the database: when the look began. */
  readonly at: string;
  /** By level, then rule, then object; suppressed ones are among them. */
  readonly findings: readonly ScannedFinding[];
  /** Rules that saw everything they cover. Sorted. */
  readonly evaluated: readonly string[];
  /** Rules that could not look, or not at everything: nobody may call them clean. */
  readonly unevaluated: readonly SilentRule[];
  /** Rules about things that are not here. */
  readonly notApplicable: readonly SilentRule[];
  /** Rules a file has switched off. */
  readonly disabled: readonly string[];
  /** Schemas that were linted. */
  readonly schemas: readonly string[];
}

/** What to look with. */
export interface ScanRequest {
  readonly desired: DesiredState;
  readonly policy: AdvisoryPolicy;
  readonly now: Date;
}

/**
 * Looks once, in one read-only transaction. What one rule can't see is said and harms no other.
 *
 * @throws when the database can't be reached
 */
export function scan(sql: Sql, request: ScanRequest): Promise<ScanReport> {
  return readTransaction(sql, (tx) => scanWithin(tx, request));
}

/** The same inside a transaction of the caller, whose `search_path` is then empty. */
export async function scanWithin(tx: Transaction, request: ScanRequest): Promise<ScanReport> {
  const { desired, policy, now } = request;
  const at = await databaseTime(tx);
  const facts = await readWithin(tx, now);
  const sheet = newSheet(policy);
  for (const rule of adviceRules) askRule(rule, facts, request, sheet);
  const { schemas, report } = await lint(tx, request);
  noteLints(report, policy, sheet);
  if (policy.rules.cannot_evaluate.enabled) {
    for (const [rule, reason] of sheet.unevaluated) sheet.found.push(blindFinding(rule, reason, policy));
  }
  const silent = [...sheet.unevaluated.keys(), ...sheet.disabled];
  const today = now.toISOString().slice(0, 10);
  const marked = suppress(sheet.found, policy.suppressions, today);
  const aboutSuppressions = judgeSuppressions(marked, {
    suppressions: policy.suppressions,
    rules: policy.rules,
    today,
    silent,
  }).map((each) => ({ ...each, suppression: null }));
  return {
    schema_version: 1,
    environment: desired.environment.name,
    at,
    findings: [...marked, ...aboutSuppressions].sort(byWeight),
    evaluated: [...sheet.evaluated, ...ABOUT_SCANS.filter((name) => policy.rules[name].enabled)].sort(),
    unevaluated: silentRules(sheet.unevaluated),
    notApplicable: silentRules(sheet.notApplicable),
    disabled: sheet.disabled.sort(),
    schemas,
  };
}

interface Sheet {
  readonly found: Omit<ScannedFinding, 'suppression'>[];
  readonly evaluated: string[];
  readonly unevaluated: Map<string, string>;
  readonly notApplicable: Map<string, string>;
  readonly disabled: string[];
}

function newSheet({ rules }: AdvisoryPolicy): Sheet {
  const disabled = Object.entries(rules).filter(([, { enabled }]) => !enabled);
  return {
    found: [],
    evaluated: [],
    unevaluated: new Map(),
    notApplicable: new Map(),
    disabled: disabled.map(([name]) => name),
  };
}

function askRule(
  rule: AdviceRule,
  facts: SeenFacts,
  { desired, policy, now }: ScanRequest,
  sheet: Sheet,
): void {
  const { enabled, thresholds, level } = policy.rules[rule.name];
  if (!enabled) return;
  const answer = rule.evaluate(facts, { desired, environment: desired.environment, now, thresholds });
  if (answer.kind === 'not_applicable') {
    sheet.notApplicable.set(rule.name, answer.reason);
    return;
  }
  if (answer.kind === 'evaluated') sheet.evaluated.push(rule.name);
  else sheet.unevaluated.set(rule.name, answer.reason);
  for (const row of answer.rows) sheet.found.push(findingOf(rule, row, level));
}

function findingOf(
  rule: AdviceRule,
  row: AdviceRow,
  level: AdvisoryPolicy['rules'][keyof AdvisoryPolicy['rules']]['level'],
): Omit<ScannedFinding, 'suppression'> {
  const finding = makeFinding({
    name: rule.name,
    level: level ?? row.level ?? rule.level,
    title: rule.title,
    detail: row.detail,
    remediation: row.remediation ?? rule.remediation,
    evidence: row.evidence ?? {},
    cache_key: [rule.name, row.object, ...(row.key === undefined ? [] : [row.key])].join('_'),
  });
  return { finding, object: row.key === undefined ? row.object : `${row.object} ${row.key}` };
}

async function lint(
  tx: Transaction,
  { desired, policy }: ScanRequest,
): Promise<{ readonly schemas: readonly string[]; readonly report: LintReport }> {
  const exposed = await exposedSchemas(tx, desired.environment.apiSchemas);
  const wanted = [...new Set(['public', ...policy.schemas, ...(exposed ?? [])])].sort();
  const schemas = wanted.filter((name) => !PLATFORM_SCHEMAS.has(name));
  const report = await lintPostgres(
    tx,
    { schemas, ...(exposed === undefined ? {} : { apiSchemas: exposed }) },
    postgresLints.filter(({ name }) => isAdvisoryRule(name) && policy.rules[name].enabled),
  );
  return { schemas, report };
}

/** Of the platform, not of the people who use it; splinter leaves them out too. */
const PLATFORM_SCHEMAS: ReadonlySet<string> = new Set(
  'auth cron extensions graphql graphql_public information_schema net pg_catalog pgbouncer pgmq pgsodium pgsodium_masks pgtle realtime storage supabase_functions supabase_migrations vault'.split(
    ' ',
  ),
);

function noteLints(report: LintReport, policy: AdvisoryPolicy, sheet: Sheet): void {
  for (const { name, reason } of report.unevaluated) sheet.unevaluated.set(name, reason);
  for (const { name, reason } of report.notApplicable) sheet.notApplicable.set(name, reason);
  for (const { name } of postgresLints) {
    const isSilent = sheet.unevaluated.has(name) || sheet.notApplicable.has(name);
    if (!isSilent && !sheet.disabled.includes(name)) sheet.evaluated.push(name);
  }
  for (const { facing: _, categories: __, description: ___, ...finding } of report.findings) {
    const { level } = isAdvisoryRule(finding.name) ? policy.rules[finding.name] : { level: null };
    sheet.found.push({
      finding: { ...finding, level: level ?? finding.level },
      object: finding.cache_key.slice(finding.name.length + 1),
    });
  }
}

/** What the Data API exposes: the setting PostgREST reads when somebody made it, else what the files say. */
async function exposedSchemas(
  tx: Transaction,
  declared: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const [row] = await tx<{ schemas: string | null }[]>`
    select coalesce(
      nullif(current_setting('pgrst.db_schemas', true), ''),
      (select substr(c.setting, length('pgrst.db_schemas=') + 1)
       from pg_catalog.pg_db_role_setting s
       join pg_catalog.pg_roles r on r.oid = s.setrole and r.rolname = 'authenticator'
       cross join lateral unnest(s.setconfig) as c (setting)
       where s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
         and c.setting like 'pgrst.db\\_schemas=%'
       order by s.setdatabase desc
       limit 1)) as schemas`;
  const live = row?.schemas?.split(',').map((name) => name.trim()) ?? [];
  const named = [...new Set([...live, ...(declared ?? [])])].filter((name) => name !== '');
  if (named.length === 0) return undefined;
  const there = await tx<{ nspname: string }[]>`
    select nspname from pg_catalog.pg_namespace where nspname = any (${textArray(named)}::text[])`;
  const known = new Set(there.map(({ nspname }) => nspname));
  return named.filter((name) => known.has(name));
}

async function databaseTime(tx: Transaction): Promise<string> {
  const [row] = await tx<{ at: Date }[]>`select clock_timestamp() as at`;
  return (row?.at ?? new Date()).toISOString();
}

/** Rules about the scan itself, which always can look. */
const ABOUT_SCANS = ['cannot_evaluate', 'suppression_expired', 'suppression_unused'] as const;

/** A rule that could not look is something to mend: nobody may take it for clean. */
function blindFinding(
  rule: string,
  reason: string,
  { rules }: AdvisoryPolicy,
): Omit<ScannedFinding, 'suppression'> {
  const finding = makeFinding({
    name: 'cannot_evaluate',
    level: rules.cannot_evaluate.level ?? 'WARN',
    title: 'A rule could not look at everything',
    detail: `${rule}: ${reason}.`,
    remediation: 'Give the scan what it lacks, or switch the rule off in runbooks/advisories/.',
    evidence: { rule, reason },
    cache_key: `cannot_evaluate_${rule}`,
  });
  return { finding, object: rule };
}

function silentRules(reasons: ReadonlyMap<string, string>): readonly SilentRule[] {
  return [...reasons].map(([rule, reason]) => ({ rule, reason })).sort((a, b) => (a.rule < b.rule ? -1 : 1));
}

const WEIGHT = { ERROR: 0, WARN: 1, INFO: 2 } as const;

function byWeight(a: ScannedFinding, b: ScannedFinding): number {
  const [left, right] = [a.finding, b.finding];
  const order = WEIGHT[left.level] - WEIGHT[right.level];
  if (order !== 0) return order;
  const [x, y] = [`${left.name} ${a.object}`, `${right.name} ${b.object}`];
  return x === y ? 0 : x < y ? -1 : 1;
}
