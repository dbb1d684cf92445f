import type { Permissions } from './model.ts';

/** What a job's token may do, by scope. */
export type Granted = Readonly<Record<string, 'read' | 'write'>>;

/** Every scope `read-all` and `write-all` speak of. */
export const SCOPES = [
  'actions',
  'artifact-metadata',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'security-events',
  'statuses',
] as const;

/** The setting of a new repository, for workflows that say nothing. */
const DEFAULT: Granted = { contents: 'read', packages: 'read' };

/**
 * The permissions of one job's token: the job's block if it has one, else the workflow's, else the repository's setting.
 * Metadata can always be read. For a fork's pull request writing becomes reading, whatever the files say.
 */
export function grantedPermissions(of: {
  readonly workflow: Permissions;
  readonly job: Permissions;
  readonly fromFork: boolean;
  readonly otherwise?: Granted;
}): Granted {
  const granted = spellOut(of.job ?? of.workflow ?? of.otherwise ?? DEFAULT);
  const given = of.fromFork
    ? Object.fromEntries(
        Object.keys(granted).flatMap((scope) => (scope === 'id-token' ? [] : [[scope, 'read'] as const])),
      )
    : granted;
  return { ...given, metadata: 'read' };
}

function spellOut(permissions: Exclude<Permissions, undefined>): Granted {
  if (permissions === 'read-all') return Object.fromEntries(SCOPES.map((scope) => [scope, 'read']));
  if (permissions === 'write-all') {
    return { ...Object.fromEntries(SCOPES.map((scope) => [scope, 'write'])), 'id-token': 'write' };
  }
  return Object.fromEntries(
    Object.entries(permissions).flatMap(([scope, level]) =>
      level === 'read' || level === 'write' ? [[scope, level] as const] : [],
    ),
  );
}
