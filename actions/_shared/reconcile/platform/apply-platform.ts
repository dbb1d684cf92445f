import type { Sql } from '../../database/connect.ts';
import { errorCode, LOCK_NOT_AVAILABLE } from '../../database/connection-errors.ts';
import type { LedgerOrigin } from '../../database/managed-objects.ts';
import { APPLY_LIMITS, writeTransaction } from '../../database/transaction.ts';
import type { DesiredFunction, DesiredState, PlatformKind } from '../../declare/model.ts';
import { readDataApi, updateDataApi } from '../../supabase/data-api.ts';
import { deleteFunction } from '../../supabase/functions-api.ts';
import { listSecrets, setSecrets, unsetSecrets } from '../../supabase/secrets-api.ts';
import { lockedMessage } from '../apply-message.ts';
import type { PlannedChange } from '../resources/resource.ts';
import { secretValue } from '../secret-probe.ts';
import { deployAndProve } from './deploy.ts';
import { readFunctionNote } from './function-note.ts';
import { holdingLock } from './keep-alive.ts';
import { type LivePlatform, readPlatform } from './live-platform.ts';
import { schemasNote, withDeclared } from './plan-api-schemas.ts';
import { edgeSecretNote, holdsValue } from './plan-edge-secrets.ts';
import { type PlatformPlan, planPlatform } from './plan-platform.ts';
import type { Platform } from './platform.ts';
import { type PlatformRun, platformRun } from './platform-run.ts';
import { type PlatformFailure, reasonOf } from './step-failure.ts';

/** The platform's part of an apply, after the database's part was committed. */
export interface PlatformApply {
  readonly sql: Sql;
  readonly platform: Platform;
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly prune: boolean;
  /** What was reviewed. Nothing beyond it is done. */
  readonly planned: PlatformPlan;
  readonly origin: LedgerOrigin;
}

// The database's part of this apply is done: waiting for another one is better than leaving the rest undone.
const WAIT_MS = 600_000;
const NOT_REACHED = 'not reached: the connection that held the lock of this apply was lost';
const KEPT = 'kept: nothing is deleted after something failed';

/** True when the plan has anything to do on the platform. */
export function hasPlatformChanges(planned: PlatformPlan): boolean {
  return [...planned.values()].some(({ changes }) => changes.length > 0);
}

/**
 * Carry out what was planned for the platform, one object after the other: secrets, exposed schemas, functions, and
 * deletions last. Each success is written to the ledger at once, so whatever ends this early, the next apply does the rest.
 * Returns what failed; it never throws for that.
 */
export async function applyPlatform(apply: PlatformApply): Promise<readonly PlatformFailure[]> {
  const { sql, platform, planned } = apply;
  const values = secretsOf(apply);
  try {
    return await holdingLock(sql, platform.lockTimeoutMs ?? WAIT_MS, async (held) => {
      // The lock was free between the two parts: another apply may have done some of it, or all.
      const live = await writeTransaction(sql, APPLY_LIMITS, (tx) =>
        readPlatform(tx, { platform, desired: apply.desired, hasLedger: true }),
      );
      const todo = stillToDo(planned, planPlatform(live, { ...apply, remembers: true }));
      return carryOut(platformRun(sql, apply, apply.origin), { live, todo, held, values });
    });
  } catch (error) {
    const message =
      errorCode(error) === LOCK_NOT_AVAILABLE ? await lockedMessage(sql) : reasonOf(error, values);
    return [...planned].flatMap(([, { changes }]) => changes.map((each) => failureOf(each, message)));
  }
}

/** What was planned and is not done by now, as it stands now. */
function stillToDo(planned: PlatformPlan, now: PlatformPlan): readonly PlannedChange[] {
  return [...planned].flatMap(([kind, { changes }]) => {
    const wanted = new Map(changes.map((each) => [each.change.name, isDeletion(each)]));
    return (now.get(kind)?.changes ?? []).filter((each) => wanted.get(each.change.name) === isDeletion(each));
  });
}

interface Work {
  readonly live: LivePlatform;
  readonly todo: readonly PlannedChange[];
  readonly held: AbortSignal;
  readonly values: readonly string[];
}

async function carryOut(run: PlatformRun, work: Work): Promise<readonly PlatformFailure[]> {
  const { todo } = work;
  const writes = todo.filter((each) => !isDeletion(each));
  const of = (kind: PlatformKind): PlannedChange[] => writes.filter(({ change }) => change.kind === kind);
  const failures: PlatformFailure[] = [];
  failures.push(...(await attempt(work, of('edge_secret'), () => writeSecrets(run, of('edge_secret')))));
  failures.push(...(await attempt(work, of('api_schemas'), () => exposeSchemas(run))));
  failures.push(...(await deployAll(run, work, { changes: of('function'), failures })));
  const deletions = todo.filter(isDeletion);
  if (failures.length > 0) return [...failures, ...deletions.map((each) => failureOf(each, KEPT))];
  // Functions before the secrets they read.
  for (const each of deletions.toSorted((a, b) => rank(a) - rank(b))) {
    failures.push(...(await attempt(work, [each], () => deleteObject(run, each))));
  }
  return failures;
}

/** One step; its failure is that of every change it is about. */
async function attempt(
  { held, values }: Work,
  changes: readonly PlannedChange[],
  step: () => Promise<void>,
): Promise<readonly PlatformFailure[]> {
  if (changes.length === 0) return [];
  if (held.aborted) return changes.map((each) => failureOf(each, NOT_REACHED));
  try {
    await step();
    return [];
  } catch (error) {
    const message = reasonOf(error, values);
    return changes.map((each) => failureOf(each, message));
  }
}

async function deployAll(
  run: PlatformRun,
  work: Work,
  {
    changes,
    failures,
  }: { readonly changes: readonly PlannedChange[]; readonly failures: readonly PlatformFailure[] },
): Promise<readonly PlatformFailure[]> {
  const wanted = new Map(run.desired.functions.map((each) => [each.slug, each]));
  const unset = new Set(failures.filter(({ kind }) => kind === 'edge_secret').map(({ name }) => name));
  const found: PlatformFailure[] = [];
  for (const [index, planned] of changes.entries()) {
    const { name } = planned.change;
    const declared = wanted.get(name);
    if (declared === undefined) continue;
    const lacks = declared.secrets.filter((secret) => unset.has(secret));
    if (lacks.length > 0) {
      found.push(failureOf(planned, `not deployed: it needs ${lacks.join(', ')}, which could not be set`));
      continue;
    }
    run.platform.onProgress?.(progressOf(declared, index + 1, changes.length));
    const before = readFunctionNote(work.live.ledger.function.get(name));
    found.push(...(await attempt(work, [planned], () => deployAndProve(run, declared, before))));
  }
  return found;
}

function progressOf({ slug, files }: DesiredFunction, number: number, count: number): string {
  return `Deploying function ${slug} (${number} of ${count}, ${files.length} ${files.length === 1 ? 'file' : 'files'})`;
}

async function writeSecrets(run: PlatformRun, changes: readonly PlannedChange[]): Promise<void> {
  const { client, onProgress } = run.platform;
  const names = new Set(changes.map(({ change }) => change.name));
  const wanted = run.desired.edgeSecrets.filter(({ name }) => names.has(name));
  const stored = new Map((await listSecrets(client)).map((secret) => [secret.name, secret]));
  const differing = wanted.flatMap(({ name, secret }): (readonly [string, string])[] => {
    const value = secretValue(secret, run.env);
    const found = stored.get(name);
    return value === undefined || (found !== undefined && holdsValue(found, value)) ? [] : [[name, value]];
  });
  if (differing.length > 0) onProgress?.(`Setting ${differing.length} Edge secrets`);
  await setSecrets(client, Object.fromEntries(differing));
  const after = new Map((await listSecrets(client)).map((secret) => [secret.name, secret]));
  for (const each of wanted) {
    const set = after.get(each.name);
    if (set === undefined) throw new Error(`Supabase did not keep the Edge secret ${each.name}`);
    await run.remember('edge_secret', edgeSecretNote(each, set));
  }
}

async function exposeSchemas({ platform, desired, remember }: PlatformRun): Promise<void> {
  const { apiSchemas = [] } = desired.environment;
  const { schemas } = await readDataApi(platform.client);
  await updateDataApi(platform.client, { schemas: [...withDeclared(schemas, apiSchemas)] });
  await remember('api_schemas', schemasNote(desired.environment));
}

async function deleteObject(run: PlatformRun, { change: { kind, name } }: PlannedChange): Promise<void> {
  const { client, onProgress } = run.platform;
  switch (kind) {
    case 'function':
      onProgress?.(`Deleting function ${name}`);
      await deleteFunction(client, name);
      return run.forget(kind, name);
    case 'edge_secret':
      await unsetSecrets(client, [name]);
      return run.forget(kind, name);
    case 'api_schemas':
    case 'migration':
    case 'secret':
    case 'job':
    case 'cron':
    case 'project':
      throw new Error(`nothing of kind ${kind} is deleted here`);
  }
}

function isDeletion({ change }: PlannedChange): boolean {
  return change.action === 'delete';
}

function rank({ change }: PlannedChange): number {
  return change.kind === 'function' ? 0 : 1;
}

function failureOf({ change: { kind, name } }: PlannedChange, message: string): PlatformFailure {
  switch (kind) {
    case 'function':
    case 'edge_secret':
    case 'api_schemas':
      return { kind, name, message };
    case 'migration':
    case 'secret':
    case 'job':
    case 'cron':
    case 'project':
      throw new Error(`${kind} is no kind of the platform`);
  }
}

/** Every value that must not be in a message, whatever the API quotes. */
function secretsOf({ desired, env }: PlatformApply): string[] {
  return desired.secrets.flatMap((secret) => secretValue(secret, env) ?? []);
}
