/** Secrets of environments and those of the repository, which are open to all of them. */
import type { Answer } from './github-answer.ts';
import { type DoctorItem, itemsOf, judged, listed } from './item.ts';
import type { EnvironmentUse } from './workflow-files.ts';

const github = itemsOf('github');

/** Names of secrets that every workflow gets, whatever its environment. */
export type OpenSecrets = Answer<{
  readonly repository: readonly string[];
  readonly organization: readonly string[];
}>;

/** Whether the jobs of an environment find the secrets they ask for. */
export function lookAtSecrets(
  use: EnvironmentUse,
  own: Answer<readonly string[]>,
  open: OpenSecrets,
  connections: ReadonlySet<string>,
): DoctorItem {
  const thing = `secrets.${use.name}`;
  const title = `Secrets of ${use.name}`;
  if (own.kind !== 'seen') {
    return github.unknown(
      thing,
      title,
      own.kind === 'refused' ? `GitHub refused: ${own.why}.` : 'GitHub does not show them.',
      'Look with a token that may read Secrets and Environments.',
    );
  }
  const shared = open.kind === 'seen' ? [...open.value.repository, ...open.value.organization] : [];
  const there = new Set([...own.value, ...shared].map((name) => name.toUpperCase()));
  const missing = use.secrets.filter((name) => !there.has(name));
  const vital = missing.filter((name) => connections.has(name));
  return judged(github, thing, title, {
    good:
      use.secrets.length === 0
        ? 'No job asks for one.'
        : `All ${use.secrets.length} that jobs ask for are there.`,
    trouble:
      missing.length === 0
        ? null
        : {
            status: vital.length > 0 ? 'error' : 'warning',
            detail: `Not there: ${listed(vital.length > 0 ? vital : missing)}; ${listed(use.files)} ${use.files.length === 1 ? 'asks' : 'ask'} for ${missing.length === 1 ? 'it' : 'them'}.${open.kind === 'seen' ? '' : ' (Those of the repository could not be read.)'}`,
            remedy:
              vital.length > 0
                ? 'Settings, Environments: add the connection string as a secret; without it the run fails.'
                : 'Add them as secrets of the environment: the Vault keeps what it has, and what it has not stops the apply.',
          },
  });
}

/** A connection among the repository's own secrets reaches every branch, whatever guards the environments. */
export function lookAtOpenSecrets(secrets: OpenSecrets, connections: ReadonlySet<string>): DoctorItem {
  const title = 'Secrets of the repository';
  if (secrets.kind !== 'seen')
    return github.unknown(
      'secrets',
      title,
      'GitHub does not show them to this token.',
      'Look with a token that may read Secrets.',
    );
  const open = [...secrets.value.repository, ...secrets.value.organization].filter(
    (name) => connections.has(name) || name === 'SUPABASE_ACCESS_TOKEN',
  );
  return judged(github, 'secrets', title, {
    good: 'None of them opens a database.',
    trouble:
      open.length === 0
        ? null
        : {
            status: 'error',
            detail: `${listed(open)} can be used by every workflow of every branch.`,
            remedy: 'Move them into the environments, whose branch rules and reviewers then guard them.',
          },
  });
}
