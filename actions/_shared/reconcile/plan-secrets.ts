import type { VaultSecret } from '../database/vault-secrets.ts';
import { lazily } from '../declare/lazily.ts';
import type { Diagnostic, SecretDeclaration } from '../declare/model.ts';
import { someNames } from './capabilities.ts';
import { sha256 } from './digest.ts';
import { durationText } from './job-fields.ts';
import { type LiveSecrets, secretDigest } from './live-secrets.ts';
import { extensionLost, lostObjects } from './lost.ts';
import type { LostObject, MissingCapability, ObjectFields, Risk, UnmanagedObject } from './model.ts';
import { EMPTY_PLAN, type KindPlan, type PlanContext, type PlannedChange } from './resources/resource.ts';
import { checkValue, secretValue } from './secret-probe.ts';

type Verdict =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'change'; readonly change: PlannedChange }
  | { readonly kind: 'blocked'; readonly blocker: Diagnostic; readonly lost?: LostObject };

/**
 * What has to happen in the Vault. A secret whose variable is not set is kept as it is; one that exists nowhere blocks
 * the apply, because the jobs that need it would fail.
 */
export function planSecrets(live: LiveSecrets, context: PlanContext): KindPlan {
  const { desired, capabilities } = context;
  if (capabilities.vault === 'absent' || capabilities.vault === 'closed') {
    const { vault, user } = capabilities;
    const applied = desired.secrets.filter((secret) => context.ledger.has(secret.name));
    const because = extensionLost(vault, { extension: 'Vault', schema: 'vault', user });
    const lost = lostObjects('secret', applied, because);
    return { ...EMPTY_PLAN, missing: missingVault(vault, desired.secrets, user), lost };
  }
  const stored = new Map(live.rows.map((row) => [row.name, row]));
  const changes: PlannedChange[] = [];
  const blockers: Diagnostic[] = [];
  const notices: Diagnostic[] = [];
  const lost: LostObject[] = [];
  let unchanged = 0;
  for (const secret of desired.secrets) {
    const row = stored.get(secret.name);
    const verdict = judge(secret, row, live, context);
    if (verdict.kind === 'change') changes.push(verdict.change);
    else if (verdict.kind === 'blocked') {
      blockers.push(verdict.blocker);
      if (verdict.lost !== undefined) lost.push(verdict.lost);
    } else unchanged += 1;
    if (verdict.kind === 'unchanged' && row !== undefined)
      notices.push(...unchangedNotices(secret, row, context));
  }
  const undeclared = undeclaredSecrets(live, context);
  return {
    ...EMPTY_PLAN,
    ...undeclared,
    changes: [...changes, ...undeclared.changes],
    unchanged,
    blockers,
    lost,
    notices: [...notices, ...notCompared(stored, context)],
  };
}

function judge(
  secret: SecretDeclaration,
  row: VaultSecret | undefined,
  live: LiveSecrets,
  context: PlanContext,
): Verdict {
  const value = secretValue(secret, context.env);
  const wrong = value === undefined ? undefined : checkValue(secret, value);
  if (wrong !== undefined) return { kind: 'blocked', blocker: wrong };
  if (row === undefined) {
    return value === undefined
      ? { kind: 'blocked', blocker: nowhere(secret), ...deleted(secret, context) }
      : { kind: 'change', change: changeOf(secret, undefined, 'new', context) };
  }
  const applied = context.ledger.get(secret.name);
  const readable = !live.unreadable.has(secret.name);
  const comparable = context.capabilities.vault === 'ready';
  const rotates = value !== undefined && comparable && (!readable || live.same.get(secret.name) !== true);
  const describes = value !== undefined && row.description !== secret.description;
  if (!rotates && !describes && (applied !== undefined || value === undefined)) return { kind: 'unchanged' };
  const state = !readable ? 'unreadable' : rotates ? 'differs' : 'same';
  return { kind: 'change', change: changeOf(secret, row, state, context) };
}

function changeOf(
  secret: SecretDeclaration,
  row: VaultSecret | undefined,
  value: 'new' | 'differs' | 'same' | 'unreadable',
  { ledger, capabilities }: PlanContext,
): PlannedChange {
  const applied = ledger.get(secret.name);
  const live = row === undefined ? undefined : secretDigest(row);
  // The value itself has no digest here; that it differs is the fact the plan rests on.
  const desired = sha256(`${secret.description}\u001f${secret.valueEnv}\u001f${value}`);
  return {
    change: {
      kind: 'secret',
      name: secret.name,
      action: row === undefined ? 'create' : applied === undefined ? 'adopt' : 'update',
      cause: applied === undefined || live === applied ? 'declaration' : 'drift',
      before: row === undefined ? null : { description: row.description, value: storedText(value) },
      after: { description: secret.description, value: wantedText(secret, value) },
      risks: secretRisks(value, capabilities.logsParameters),
      location: secret.location,
    },
    desired,
    live: live ?? null,
  };
}

function storedText(value: 'new' | 'differs' | 'same' | 'unreadable'): string {
  return value === 'unreadable' ? '(stored, cannot be decrypted)' : '(stored)';
}

function wantedText(secret: SecretDeclaration, value: 'new' | 'differs' | 'same' | 'unreadable'): string {
  return value === 'same' ? '(stored)' : `(new value from ${secret.valueEnv})`;
}

function secretRisks(value: 'new' | 'differs' | 'same' | 'unreadable', logged: boolean): Risk[] {
  const risks: Risk[] = [];
  if (value === 'differs') {
    risks.push({
      severity: 'info',
      code: 'rotates-secret',
      message: 'Jobs use the new value from their next run; what they call must know it by then',
    });
  }
  if (value !== 'same' && logged) {
    risks.push({
      severity: 'danger',
      code: 'server-logs-values',
      message:
        'The server logs parameters of every statement (log_statement or log_min_duration_statement): the value will be in its log',
    });
  }
  return risks;
}

/** A role that may only look can't decrypt: that is no change and no fault, but it has to be said. */
function notCompared(
  stored: ReadonlyMap<string, VaultSecret>,
  { desired, env, capabilities }: PlanContext,
): Diagnostic[] {
  const given = desired.secrets.filter(
    (secret) => stored.has(secret.name) && secretValue(secret, env) !== undefined,
  );
  if (capabilities.vault !== 'names' || given.length === 0) return [];
  const names = someNames(given, 'secret');
  return [
    {
      severity: 'notice',
      code: 'secret-not-compared',
      message: `Whether the Vault holds the given value was not compared for ${names}: role ${capabilities.reader ?? capabilities.user} may not decrypt`,
      location: desired.environment.location,
    },
  ];
}

function nowhere(secret: SecretDeclaration): Diagnostic {
  return {
    severity: 'error',
    code: 'secret-missing',
    message: `Secret ${secret.name} is not in the Vault, and its variable ${secret.valueEnv} is not set`,
    hint: `Set ${secret.valueEnv} where this runs (GitHub: a secret of the environment, passed on by the workflow)`,
    location: secret.location,
  };
}

/** What somebody deleted from the Vault is drift, also where an apply has no value to put in its place. */
function deleted(secret: SecretDeclaration, { ledger }: PlanContext): { readonly lost?: LostObject } {
  if (!ledger.has(secret.name)) return {};
  const because = `it was deleted from the Vault, and ${secret.valueEnv} is not set here`;
  const { name, location } = secret;
  return { lost: { kind: 'secret', name, because, location } };
}

function unchangedNotices(secret: SecretDeclaration, row: VaultSecret, { env }: PlanContext): Diagnostic[] {
  const notices: Diagnostic[] = [];
  if (secretValue(secret, env) === undefined) {
    notices.push({
      severity: 'notice',
      code: 'secret-variable-unset',
      message: `Secret ${secret.name} keeps its stored value: variable ${secret.valueEnv} is not set`,
      location: secret.location,
    });
  }
  if (secret.maxAgeMs !== undefined && row.age_ms > secret.maxAgeMs) {
    notices.push({
      severity: 'warning',
      code: 'secret-old',
      message: `Secret ${secret.name} is ${Math.floor(row.age_ms / 86_400_000)} days old; ${durationText(secret.maxAgeMs)} is declared as the most`,
      hint: `Make a new value where it comes from, and set ${secret.valueEnv} to it`,
      location: secret.location,
    });
  }
  return notices;
}

function undeclaredSecrets(
  live: LiveSecrets,
  { desired, ledger, prune }: PlanContext,
): Pick<KindPlan, 'changes' | 'unmanaged' | 'orphaned' | 'forget'> {
  const declared = new Set(desired.secrets.map((secret) => secret.name));
  const stored = new Set(live.rows.map((row) => row.name));
  const users = lazily(() => secretUsers(desired.jobs));
  const changes: PlannedChange[] = [];
  const unmanaged: UnmanagedObject[] = [];
  const orphaned: UnmanagedObject[] = [];
  for (const row of live.rows) {
    if (declared.has(row.name)) continue;
    const detail: ObjectFields = { description: row.description };
    if (!ledger.has(row.name)) unmanaged.push({ kind: 'secret', name: row.name, detail });
    else if (!prune) orphaned.push({ kind: 'secret', name: row.name, detail });
    else changes.push(deletion(row, detail, users().get(row.name) ?? [], ledger.get(row.name)));
  }
  const forget = [...ledger.keys()].filter((name) => !declared.has(name) && !stored.has(name));
  return { changes, unmanaged, orphaned, forget };
}

function deletion(
  row: VaultSecret,
  before: ObjectFields,
  users: readonly string[],
  applied: string | undefined,
): PlannedChange {
  const live = secretDigest(row);
  const used = users.length === 0 ? '' : `; still used by ${users.slice(0, 3).join(', ')}`;
  return {
    change: {
      kind: 'secret',
      name: row.name,
      action: 'delete',
      cause: live === applied ? 'declaration' : 'both',
      before,
      after: null,
      risks: [
        {
          severity: 'danger',
          code: 'deletes-secret',
          message: `The value is gone from the database for good${used}`,
        },
      ],
    },
    desired: null,
    live,
  };
}

function secretUsers(
  jobs: readonly { readonly name: string; readonly secrets: readonly string[] }[],
): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const job of jobs) {
    for (const secret of job.secrets) {
      const names = users.get(secret);
      if (names === undefined) users.set(secret, [job.name]);
      else names.push(job.name);
    }
  }
  return users;
}

function missingVault(
  state: 'absent' | 'closed',
  secrets: readonly SecretDeclaration[],
  user: string,
): MissingCapability[] {
  if (secrets.length === 0) return [];
  const names = someNames(secrets, 'secret');
  return [
    state === 'absent'
      ? {
          name: 'Vault',
          consequence: `${names} can't be stored: jobs that need them are recorded as failed with secret_missing`,
          remedy: 'create extension supabase_vault (Supabase: Database, Extensions)',
        }
      : {
          name: 'privileges on Vault',
          consequence: `${names} can't be stored: role ${user} may not use schema vault`,
          remedy: `As its owner: grant usage on schema vault, select and delete on vault.secrets and vault.decrypted_secrets, and execute on vault.create_secret and vault.update_secret to ${user}`,
        },
  ];
}
