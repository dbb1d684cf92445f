/** Scopes a workflow grants with `permissions:`. */
export type PermissionScope =
  | 'issues'
  | 'pull-requests'
  | 'contents'
  | 'actions'
  | 'checks'
  | 'statuses'
  | 'deployments';

/** Who calls, and what the token allows. */
export interface Identity {
  readonly login: string;
  readonly permissions: Readonly<Partial<Record<PermissionScope, 'read' | 'write'>>>;
}

/** One permission an operation asks for. */
export interface Need {
  readonly scope: PermissionScope;
  readonly level: 'read' | 'write';
}

/** True when one of the alternatives is granted; write includes read. */
export function isAllowed(identity: Identity, alternatives: readonly Need[]): boolean {
  return alternatives.some(({ scope, level }) => {
    const granted = identity.permissions[scope];
    return granted === 'write' || granted === level;
  });
}

/** The identity behind a GITHUB_TOKEN. */
export const ACTIONS_LOGIN = 'github-actions[bot]';
