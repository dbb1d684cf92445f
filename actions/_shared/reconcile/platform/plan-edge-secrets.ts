import type { DesiredEdgeSecret, Diagnostic } from '../../declare/model.ts';
import { type EdgeSecret, secretDigest } from '../../supabase/secrets-api.ts';
import { fieldsDigest } from '../digest.ts';
import type { ChangeAction, Risk, UnmanagedObject } from '../model.ts';
import { EMPTY_PLAN, type KindPlan, type LedgerNote, type PlannedChange } from '../resources/resource.ts';
import { checkValue, secretValue } from '../secret-probe.ts';
import { digestsOf, type LivePlatform } from './live-platform.ts';

/** What planning Edge secrets knows besides what is there. */
export interface EdgeSecretContext {
  readonly edgeSecrets: readonly DesiredEdgeSecret[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly prune: boolean;
}

/**
 * Identity of a stored secret's state, for the ledger. Made from when it was set and not from its digest: that of a short value
 * could be guessed by whoever reads the ledger.
 */
export function edgeSecretState({ name, updatedAt }: EdgeSecret): string {
  return fieldsDigest([name, updatedAt?.toISOString() ?? '']);
}

/** True when the platform holds this value. Values are compared by their SHA-256, which is all the API shows. */
export function holdsValue(stored: EdgeSecret, value: string): boolean {
  return stored.digest === secretDigest(value);
}

/** What the ledger remembers of a secret that is set. */
export function edgeSecretNote(wanted: DesiredEdgeSecret, stored: EdgeSecret): LedgerNote {
  return {
    name: wanted.name,
    digest: edgeSecretState(stored),
    applied: JSON.stringify({
      secret: wanted.secret.name,
      updated_at: stored.updatedAt?.toISOString() ?? null,
    }),
    sourcePath: wanted.location.file,
  };
}

type Verdict = 'new' | 'differs' | 'same';

/**
 * What has to happen to the secrets functions read. One whose variable is not set keeps its value; one that has none anywhere
 * blocks the apply, because the functions that need it would refuse everybody.
 */
export function planEdgeSecrets(live: LivePlatform, context: EdgeSecretContext): KindPlan {
  const ledger = digestsOf(live.ledger.edge_secret);
  const stored = new Map(live.secrets.map((secret) => [secret.name, secret]));
  const changes: PlannedChange[] = [];
  const blockers: Diagnostic[] = [];
  const notices: Diagnostic[] = [];
  const note: LedgerNote[] = [];
  let unchanged = 0;
  for (const wanted of context.edgeSecrets) {
    const value = secretValue(wanted.secret, context.env);
    const found = stored.get(wanted.name);
    const wrong = value === undefined ? undefined : checkValue(wanted.secret, value);
    if (wrong !== undefined) blockers.push(wrong);
    else if (value === undefined && found === undefined) blockers.push(nowhere(wanted));
    else if (value === undefined) {
      unchanged += 1;
      notices.push(unset(wanted));
    } else {
      const verdict = found === undefined ? 'new' : holdsValue(found, value) ? 'same' : 'differs';
      const applied = ledger.get(wanted.name);
      if (verdict === 'same' && applied !== undefined && found !== undefined) {
        unchanged += 1;
        if (applied !== edgeSecretState(found)) note.push(edgeSecretNote(wanted, found));
      } else changes.push(changeOf(wanted, found, { verdict, applied }));
    }
  }
  const undeclared = undeclaredSecrets(live, ledger, context);
  return {
    ...EMPTY_PLAN,
    ...undeclared,
    changes: [...changes, ...undeclared.changes],
    unchanged,
    blockers,
    notices,
    note,
  };
}

function changeOf(
  { name, secret, functions, location }: DesiredEdgeSecret,
  found: EdgeSecret | undefined,
  { verdict, applied }: { readonly verdict: Verdict; readonly applied: string | undefined },
): PlannedChange {
  const live = found === undefined ? null : edgeSecretState(found);
  const action: ChangeAction = found === undefined ? 'create' : applied === undefined ? 'adopt' : 'update';
  const readers = functions.join(', ');
  return {
    change: {
      kind: 'edge_secret',
      name,
      action,
      cause: applied === undefined || live === applied ? 'declaration' : 'drift',
      before: found === undefined ? null : { value: '(stored)', functions: readers },
      after: {
        value: verdict === 'same' ? '(stored)' : `(new value from ${secret.valueEnv})`,
        functions: readers,
      },
      risks: verdict === 'differs' ? [rotates(functions)] : [],
      location,
    },
    // The value itself has no digest here; that it differs is the fact the plan rests on.
    desired: fieldsDigest([name, secret.valueEnv, verdict]),
    live,
  };
}

function rotates(functions: readonly string[]): Risk {
  return {
    severity: 'info',
    code: 'rotates-secret',
    message: `${functions.join(', ')} ${functions.length === 1 ? 'reads' : 'read'} the new value at once; who calls must know it by then`,
  };
}

function nowhere({ name, secret, location }: DesiredEdgeSecret): Diagnostic {
  return {
    severity: 'error',
    code: 'secret-missing',
    message: `Edge secret ${name} is not set, and its variable ${secret.valueEnv} is not set either`,
    hint: `Set ${secret.valueEnv} where this runs (GitHub: a secret of the environment, passed on by the workflow)`,
    location,
  };
}

function unset({ name, secret, location }: DesiredEdgeSecret): Diagnostic {
  return {
    severity: 'notice',
    code: 'secret-variable-unset',
    message: `Edge secret ${name} keeps its value: variable ${secret.valueEnv} is not set`,
    location,
  };
}

function undeclaredSecrets(
  live: LivePlatform,
  ledger: ReadonlyMap<string, string>,
  { edgeSecrets, prune }: EdgeSecretContext,
): Pick<KindPlan, 'changes' | 'unmanaged' | 'orphaned' | 'forget'> {
  const declared = new Set(edgeSecrets.map(({ name }) => name));
  const stored = new Set(live.secrets.map(({ name }) => name));
  const changes: PlannedChange[] = [];
  const unmanaged: UnmanagedObject[] = [];
  const orphaned: UnmanagedObject[] = [];
  for (const secret of live.secrets) {
    const { name } = secret;
    // Those are the platform's own.
    if (declared.has(name) || name.startsWith('SUPABASE_')) continue;
    const applied = ledger.get(name);
    if (applied === undefined) unmanaged.push({ kind: 'edge_secret', name, detail: {} });
    else if (!prune) orphaned.push({ kind: 'edge_secret', name, detail: {} });
    else changes.push(deletion(secret, applied));
  }
  const forget = [...ledger.keys()].filter((name) => !declared.has(name) && !stored.has(name));
  return { changes, unmanaged, orphaned, forget };
}

function deletion(secret: EdgeSecret, applied: string): PlannedChange {
  const live = edgeSecretState(secret);
  return {
    change: {
      kind: 'edge_secret',
      name: secret.name,
      action: 'delete',
      cause: live === applied ? 'declaration' : 'both',
      before: { value: '(stored)' },
      after: null,
      risks: [
        {
          severity: 'danger',
          code: 'deletes-secret',
          message: 'The value is gone from the project for good; no declared function reads it',
        },
      ],
    },
    desired: null,
    live,
  };
}
