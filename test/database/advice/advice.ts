/** A sound control room to spoil: declarations, live jobs, secrets and history, and a scan as hosted's role postgres sees it. */
import type { TransactionSql } from 'postgres';
import type { ScanReport } from '../../../actions/_shared/checks/advice/scan.ts';
import { scanWithin } from '../../../actions/_shared/checks/advice/scan.ts';
import { postgresLints } from '../../../actions/_shared/checks/postgres-lints.ts';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import type { AdvisoryPolicy } from '../../../actions/_shared/declare/kinds/advisory-policy.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import type { TestDatabase } from '../../support/database.ts';

export const OWN_PROJECT = 'abcdefghijklmnopqrst';
export const OTHER_PROJECT = 'zyxwvutsrqponmlkjihg';

/** Files of a control room in which nothing is wrong. */
export const soundFiles: Readonly<Record<string, string>> = {
  'runbooks/environments.yaml': `
production:
  lane: production
  connection: { env: OPS_PRODUCTION_DATABASE_URL }
  project_ref: ${OWN_PROJECT}
  api: { schemas: [public] }
staging:
  lane: staging
  connection: { env: OPS_STAGING_DATABASE_URL }
`,
  'runbooks/secrets.yaml': `
project_url:
  value: { env: OPS_PROJECT_URL }
  shape: ^https://
job_token:
  value: { env: OPS_JOB_TOKEN }
  max_age: 30d
`,
  'runbooks/cron/sync.yaml': `
schedule: "7 * * * *"
owner: "@data-team"
call: { function: sync, auth: { header: x-job-token, secret: job_token }, timeout: 10s }
`,
  'runbooks/cron/ops_collect.yaml': `
schedule: "* * * * *"
owner: "@platform-team"
call: { sql: select ops.collect() }
overlap: skip
`,
  'runbooks/cron/ops_prune_history.yaml': `
schedule: "0 3 * * *"
owner: "@platform-team"
call: { sql: "select ops.prune_history(interval '30 days', 10000)" }
`,
  'runbooks/functions/sync.yaml': 'verify_jwt: false\n',
  'functions/sync/index.ts': 'Deno.serve(() => new Response());\n',
  'functions/sync/deno.json': '{}\n',
};

/** What those files make live. Run as role postgres. */
export const soundState = `
  select cron.schedule('sync', '7 * * * *', $$select ops.fire('sync')$$);
  select cron.schedule('ops_collect', '* * * * *', $$set local statement_timeout = 60000; select ops.fire('ops_collect')$$);
  select cron.schedule('ops_prune_history', '0 3 * * *', $$set local statement_timeout = 60000; select ops.fire('ops_prune_history')$$);
  select vault.create_secret('https://${OWN_PROJECT}.supabase.co', 'project_url', 'Where we are');
  select vault.create_secret('0123456789abcdef0123456789abcdef', 'job_token', 'Opens the functions');
`;

/** What files say. @throws when they have an error: a test must say what it means */
export async function readFiles(
  files: Readonly<Record<string, string>>,
): Promise<{ readonly desired: DesiredState; readonly policy: AdvisoryPolicy }> {
  const declarations = await loadDeclarations({ root: '/nowhere', read: memoryReader(files) });
  const errors = declarations.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return { desired: declarations.resolve('production'), policy: declarations.advisories('production') };
}

/** The same policy without lints of schemas, which are tested elsewhere and take most of the time of a scan. */
export function withoutLints(policy: AdvisoryPolicy): AdvisoryPolicy {
  const lints = postgresLints.map(({ name }) => [
    name,
    { enabled: false, level: null, thresholds: {}, owner: null },
  ]);
  return { ...policy, rules: { ...policy.rules, ...Object.fromEntries(lints) } };
}

/** A scan inside an open transaction of the superuser, as role postgres or another one. */
export async function scanAs(
  tx: TransactionSql,
  files: Readonly<Record<string, string>>,
  role = 'postgres',
): Promise<ScanReport> {
  const { desired, policy } = await readFiles(files);
  await tx`select set_config('role', ${role}, true)`;
  const report = await scanWithin(tx, { desired, policy: withoutLints(policy), now: new Date() });
  await tx.unsafe('reset role').simple();
  return report;
}

class Undo extends Error {}

/** Work in a transaction of the superuser that is undone afterwards. */
export async function undone<T>(
  database: TestDatabase,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  const box: { result?: { readonly value: T } } = {};
  try {
    await database.superuser.begin(async (tx) => {
      box.result = { value: await work(tx) };
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  if (box.result === undefined) throw new Error('the work was not done');
  return box.result.value;
}

/** Statements as role postgres, whose jobs and secrets they then are. */
export async function asPostgres(tx: TransactionSql, statements: string): Promise<void> {
  await tx.unsafe(`set local role postgres; ${statements}; reset role`).simple();
}

/** Rule and object of what is found and not suppressed, in order. */
export function foundIn(report: ScanReport): readonly string[] {
  return report.findings
    .filter(({ suppression }) => suppression === null)
    .map(({ finding, object }) => `${finding.name}: ${object}`)
    .sort();
}
