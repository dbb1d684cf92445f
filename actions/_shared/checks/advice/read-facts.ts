/** Reads all facts in one moment of the database; what can't be read is hidden, with the reason, and nothing else suffers. */
import type { Sql, Transaction } from '../../database/connect.ts';
import { readLedger } from '../../database/managed-objects.ts';
import { readTarget, type TargetFacts } from '../../database/read-target.ts';
import { inSavepoint, readTransaction } from '../../database/transaction.ts';
import { redactSecrets } from '../../reconcile/redact.ts';
import { readBuildAdvice, readBuildStanding } from './facts/build-statements.ts';
import { type LiveCronJob, MOST_JOBS, readCronHistory, readLiveJobs } from './facts/cron-statements.ts';
import { readNet } from './facts/net-statements.ts';
import { readRunFacts } from './facts/run-statements.ts';
import { readServerSettings } from './facts/server-statements.ts';
import { readSecretFacts } from './facts/vault-statements.ts';
import { absent, type Facts, hidden, type Seen, type SeenFacts, type SeenJob, seen } from './facts.ts';
import { readCommand } from './read-command.ts';

/** Hand-made commands read with the parser; more than people write by hand. */
const MOST_COMMANDS = 2000;
/** Advice about builds is believed for as long after somebody looked. */
const BUILD_ADVICE_LASTS_MS = 3 * 86_400_000;

/** Reads what the rules decide by. @throws when the database can't be reached at all */
export function readFacts(sql: Sql, now: Date): Promise<SeenFacts> {
  return readTransaction(sql, (tx) => readWithin(tx, now));
}

/** The same inside a transaction of the caller. */
export async function readWithin(tx: Transaction, now: Date): Promise<SeenFacts> {
  const target = await readTarget(tx);
  const look = <T>(work: (inner: Transaction) => Promise<T>): Promise<Seen<T>> => attempt(tx, work);
  const jobs = await readJobs(target, look);
  const net = await readNetFacts(target, jobs, look);
  return {
    target: seen(target),
    settings: await look(readServerSettings),
    jobs,
    history: await readHistory(target, look),
    net,
    netWorkers: workersOf(net),
    secrets: await readSecrets(target, look),
    runs: await ifThere(target, 'ops.job_definitions', 'the schema ops', () => look(readRunFacts)),
    ours: await ifThere(target, 'ops.managed_objects', 'the ledger', () => look(readOurs)),
    builds: await readBuilds(target, now, look),
  };
}

type Look = <T>(work: (inner: Transaction) => Promise<T>) => Promise<Seen<T>>;

async function attempt<T>(tx: Transaction, work: (inner: Transaction) => Promise<T>): Promise<Seen<T>> {
  try {
    return seen(await inSavepoint(tx, work));
  } catch (error) {
    // The server's refusals make one fact hidden; a lost connection, or a fault of ours, is everybody's.
    if (!(error instanceof Error) || !('severity' in error)) throw error;
    return hidden(redactSecrets(error.message).slice(0, 300));
  }
}

const NO_CRON = 'there is no pg_cron here';
const NO_NET = 'there is no pg_net here';
const NO_VAULT = 'there is no Vault here';
const OTHERS_HIDDEN =
  'row level security hides what belongs to other roles (connect as a role with BYPASSRLS)';

async function readJobs(target: TargetFacts, look: Look): Promise<Seen<readonly SeenJob[]>> {
  const relation = target.relations['cron.job'];
  if (relation === undefined) return absent(NO_CRON);
  if (!relation.readable) return hidden('this role may not read cron.job');
  const rows = await look(readLiveJobs);
  if (rows.kind !== 'seen') return rows;
  const commands = rows.value.filter((row) => row.command !== null);
  const jobs: SeenJob[] = [];
  let read = 0;
  for (const row of rows.value) {
    const reads = row.command !== null && read < MOST_COMMANDS;
    if (reads) read += 1;
    jobs.push({
      ...row,
      label: labelOf(row),
      reading: reads && row.command !== null ? await readCommand(row.command) : null,
    });
  }
  const partly = !relation.seesAllRows
    ? OTHERS_HIDDEN
    : commands.length > MOST_COMMANDS
      ? `only the first ${MOST_COMMANDS} hand-made commands were read`
      : rows.value.length === MOST_JOBS
        ? `only the first ${MOST_JOBS} jobs were read`
        : undefined;
  return seen(jobs, partly);
}

function labelOf({ jobname, jobid }: LiveCronJob): string {
  return jobname ?? `number ${jobid}`;
}

async function readHistory(target: TargetFacts, look: Look): Promise<Seen<Facts['history']>> {
  const relation = target.relations['cron.job'];
  if (relation === undefined) return absent(NO_CRON);
  const history = await look(readCronHistory);
  // The same policy guards both tables.
  return history.kind === 'seen' && !relation.seesAllRows ? seen(history.value, OTHERS_HIDDEN) : history;
}

async function readNetFacts(
  target: TargetFacts,
  jobs: Seen<readonly SeenJob[]>,
  look: Look,
): Promise<Seen<Facts['net']>> {
  if (target.functions['net.http_post'] === undefined) return absent(NO_NET);
  const owners = jobs.kind === 'seen' ? jobs.value.filter(sendsRequests).map((job) => job.username) : [];
  const facts = await look((tx) => readNet(tx, owners));
  return facts.kind === 'seen' && jobs.kind === 'hidden' ? seen(facts.value, jobs.reason) : facts;
}

function workersOf(net: Seen<Facts['net']>): Seen<number> {
  if (net.kind !== 'seen') return net;
  const { workers } = net.value;
  return workers === null
    ? hidden('this role may not see what other processes are (grant pg_read_all_stats)')
    : seen(workers);
}

/** Jobs that go through ops.fire may send as well as those that call pg_net themselves. */
function sendsRequests(job: SeenJob): boolean {
  return job.active && (job.fires !== null || (job.reading?.netCalls.length ?? 0) > 0);
}

async function readSecrets(target: TargetFacts, look: Look): Promise<Seen<Facts['secrets']>> {
  const secrets = target.relations['vault.secrets'];
  const values = target.relations['vault.decrypted_secrets'];
  if (secrets === undefined || values === undefined) return absent(NO_VAULT);
  if (!secrets.readable || !values.readable) return hidden('this role may not read the Vault');
  return look(readSecretFacts);
}

async function readOurs(tx: Transaction): Promise<ReadonlySet<string>> {
  const ledger = await readLedger(tx);
  return new Set(ledger.get('cron')?.keys());
}

async function ifThere<T>(
  target: TargetFacts,
  relation: string,
  what: string,
  read: () => Promise<Seen<T>>,
): Promise<Seen<T>> {
  const found = target.relations[relation];
  if (found === undefined) return absent(`${what} is not here yet (opsroom apply)`);
  return found.readable ? read() : hidden(`this role may not read ${relation}`);
}

async function readBuilds(target: TargetFacts, now: Date, look: Look): Promise<Seen<Facts['builds']>> {
  if (target.relations['ops.job_definitions'] === undefined)
    return absent('the schema ops is not here yet (opsroom apply)');
  const standing = await look(readBuildStanding);
  if (standing.kind !== 'seen') return standing;
  const { projects, isFiltered, scannedAt, oldestAt } = standing.value;
  if (isFiltered) return hidden('row level security hides projects and their advice from this role');
  if (projects === 0) return absent('there are no projects');
  const since = scannedAt ?? oldestAt ?? now;
  const isLong = now.getTime() - since.getTime() > BUILD_ADVICE_LASTS_MS;
  if (scannedAt === null && !isLong)
    return absent('the projects are new, and nobody looked for advice about builds yet');
  if (isLong) {
    return hidden(
      `nobody looked for advice about builds ${scannedAt === null ? 'yet' : `since ${scannedAt.toISOString()}`}: let the job ops-advisory-scan run, or the workflow advisories`,
    );
  }
  return look(readBuildAdvice);
}
