/** Secrets of the Vault against what secrets.yaml says of them. Values stay in the database; only what is wrong comes out. */
import type { VaultFault } from '../../declare/kinds/checks-model.ts';
import type { SecretDeclaration } from '../../declare/model.ts';
import { isMeant } from '../../declare/names.ts';
import { indexByName, type NameIndex } from '../name-index.ts';
import { probeSecrets, type SecretState } from '../statements.ts';
import { type Blindness, CannotEvaluate, type Fault, looked, type Probe } from './probe.ts';
import { words } from './words.ts';

interface Judged {
  readonly declared: SecretDeclaration;
  readonly state: SecretState;
}

export const vaultProbe: Probe<'vault', NameIndex<Judged>, undefined> = {
  kind: 'vault',
  async read(tx, checks, { now, desired }) {
    const wanted = desired.secrets.filter(
      ({ name, vault }) => vault !== false && checks.some(({ config }) => isMeant(config.secrets, name)),
    );
    const states = await probeSecrets(
      tx,
      now,
      wanted.map(({ name, shape }) => ({ name, shape: shape ?? null })),
    ).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === '0A000') {
        throw new CannotEvaluate(
          'Vault is not installed here, so no secret can be looked at.',
          'create extension supabase_vault (Supabase: Database, Extensions).',
        );
      }
      throw error;
    });
    const byName = new Map(states.map((state) => [state.name, state]));
    const judged = wanted.flatMap((declared): Judged[] => {
      const state = byName.get(declared.name);
      return state === undefined ? [] : [{ declared, state }];
    });
    return indexByName(judged, ({ declared }) => declared.name);
  },
  judge({ config }, { rows }) {
    const wanted = new Set(config.find);
    const secrets = rows.select(config.secrets);
    return looked(
      secrets.flatMap((secret) => faultsOf(secret, wanted)),
      wanted.has('wrong_shape') ? secrets.flatMap(notJudged) : [],
    );
  },
};

function faultsOf({ declared, state }: Judged, wanted: ReadonlySet<VaultFault>): readonly Fault[] {
  const { name, valueEnv, shape, maxAgeMs } = declared;
  const again = `Set the secret ${valueEnv} of the GitHub environment to the right value, then run the workflow reconcile for it, without dry-run: that stores it in the Vault.`;
  const found: Fault[] = [];
  const add = (fault: VaultFault, title: string, detail: string, remediation = again): void => {
    if (!wanted.has(fault)) return;
    found.push({
      object: name,
      name: `vault_${fault}`,
      title,
      detail,
      remediation,
      evidence: {
        secret: name,
        variable: valueEnv,
        age: state.age_s === null ? undefined : words(state.age_s * 1000),
        shape,
      },
    });
  };
  if (state.state === 'missing') {
    add(
      'missing',
      `Secret ${name} is missing`,
      `The Vault has no secret ${name}. Jobs that need it fail; a request by hand would be sent without it.`,
    );
    return found;
  }
  if (state.state === 'unreadable') {
    add(
      'unreadable',
      `Secret ${name} cannot be decrypted`,
      `The Vault has secret ${name} and cannot decrypt it: it came from another project (a restore, a branch, a copy) or was written past Vault's own functions.`,
      `${again} Reconcile replaces what cannot be decrypted.`,
    );
    return found;
  }
  if (state.is_blank === true) {
    add('empty', `Secret ${name} is empty`, `Secret ${name} holds nothing but blanks.`);
    return found;
  }
  if (state.has_white_space === true) {
    add(
      'white_space',
      `Secret ${name} holds white space`,
      `Secret ${name} holds a blank or a line break, pasted with it. It becomes part of the URL or header it is used in.`,
    );
  }
  if (state.fits === 'no') {
    add(
      'wrong_shape',
      `Secret ${name} has the wrong shape`,
      `The value of secret ${name} does not match ${shape}.${urlHint(shape)}`,
    );
  }
  if (maxAgeMs !== undefined && (state.age_s ?? 0) * 1000 > maxAgeMs) {
    add(
      'too_old',
      `Secret ${name} is too old`,
      `Secret ${name} was last changed ${words((state.age_s ?? 0) * 1000)} ago; it may grow ${words(maxAgeMs)} old.`,
      `Make a new one where it comes from, give it to variable ${valueEnv}, run the reconcile workflow, then withdraw the old one.`,
    );
  }
  return found;
}

function urlHint(shape: string | undefined): string {
  return shape?.startsWith('^https://') === true
    ? ' A URL without https:// makes pg_net say "Out of memory".'
    : '';
}

function notJudged({ declared, state }: Judged): readonly (Blindness & { readonly object: string })[] {
  const { name, shape } = declared;
  switch (state.fits) {
    case 'not_judged':
      return [
        {
          object: name,
          reason: `The shape ${shape} of secret ${name} was not judged: asked often enough it could spell the value out, so only a role that may decrypt the Vault gets an answer.`,
          remediation:
            'Write a plainer shape (at least so long without blanks, or a URL of some host; docs/checks.md), or leave `wrong_shape` out of this check.',
        },
      ];
    case 'bad_pattern':
      return [
        {
          object: name,
          reason: `Postgres does not understand the shape ${shape} of secret ${name}.`,
          remediation: 'Write it without look-behind and Unicode classes.',
        },
      ];
    default:
      return [];
  }
}
