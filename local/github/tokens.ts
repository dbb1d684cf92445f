import { randomBytes } from 'node:crypto';
import type { Role } from './state/people.ts';

/** Scopes a workflow grants with `permissions:`. */
export type WorkflowScope =
  | 'actions'
  | 'attestations'
  | 'checks'
  | 'contents'
  | 'deployments'
  | 'discussions'
  | 'id-token'
  | 'issues'
  | 'models'
  | 'packages'
  | 'pages'
  | 'pull-requests'
  | 'security-events'
  | 'statuses';

/** Scopes only an app or a person's token can have. */
export type AdministrativeScope =
  | 'administration'
  | 'environments'
  | 'members'
  | 'organization-secrets'
  | 'secrets'
  | 'variables';

/** One thing a token may be allowed to touch. `metadata` is what every token may read. */
export type PermissionScope = WorkflowScope | AdministrativeScope | 'metadata';

/** What a token allows; what is not named is not allowed. */
export type Permissions = Readonly<Partial<Record<PermissionScope, 'read' | 'write' | 'none'>>>;

/** Who calls, and what the token allows. */
export interface Identity {
  readonly login: string;
  readonly permissions: Permissions;
  /**
   * `workflow`: a GITHUB_TOKEN, whose deeds start no workflows. `person`: bounded by the role the person has. `app`: an
   * installation token. Left out: `workflow` for {@link ACTIONS_LOGIN}, else `app`.
   */
  readonly kind?: 'workflow' | 'person' | 'app';
  /** Scopes of a classic token, told in `x-oauth-scopes`. */
  readonly oauthScopes?: readonly string[];
  /** The run a GITHUB_TOKEN belongs to. */
  readonly runId?: number;
}

/** One permission an operation asks for. */
export interface Need {
  readonly scope: PermissionScope;
  readonly level: 'read' | 'write';
}

/** The identity behind a GITHUB_TOKEN. */
export const ACTIONS_LOGIN = 'github-actions[bot]';

/** Which kind of token an identity came with. */
export function kindOf(identity: Identity): 'workflow' | 'person' | 'app' {
  return identity.kind ?? (identity.login === ACTIONS_LOGIN ? 'workflow' : 'app');
}

/** True when one of the alternatives is granted, by the token and, for a person, by the role; write includes read. */
export function isAllowed(
  identity: Identity,
  alternatives: readonly Need[],
  role: Role | null = null,
): boolean {
  return alternatives.some((need) => {
    if (need.scope === 'metadata' && need.level === 'read') return true;
    if (!covers(identity.permissions[need.scope], need.level)) return false;
    return kindOf(identity) !== 'person' || covers(grantOfRole(role, need.scope), need.level);
  });
}

function covers(granted: string | undefined, level: Need['level']): boolean {
  return granted === 'write' || granted === level;
}

const WRITES_CODE: ReadonlySet<PermissionScope> = new Set([
  'actions',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'packages',
  'security-events',
  'statuses',
]);
const FOR_ADMINISTRATORS: ReadonlySet<PermissionScope> = new Set([
  'administration',
  'environments',
  'organization-secrets',
  'secrets',
  'variables',
]);

// Anybody may open an issue and comment in a repository they can read; finer rules live with the operations.
function grantOfRole(role: Role | null, scope: PermissionScope): 'read' | 'write' | undefined {
  if (FOR_ADMINISTRATORS.has(scope)) return role === 'admin' ? 'write' : undefined;
  if (!WRITES_CODE.has(scope)) return 'write';
  return role === 'write' || role === 'maintain' || role === 'admin' ? 'write' : 'read';
}

/** What a new token should be. */
export interface NewToken {
  /** Default: {@link ACTIONS_LOGIN}. */
  readonly login?: string;
  readonly kind?: NonNullable<Identity['kind']>;
  readonly permissions: Permissions;
  readonly oauthScopes?: readonly string[];
  readonly runId?: number;
  /** When it stops to work by itself. */
  readonly expiresAt?: Date;
}

/** The tokens the stand-in knows. */
export interface TokenLedger {
  readonly allow: (token: string, identity: Identity) => void;
  readonly issue: (token: NewToken) => string;
  readonly revoke: (token: string) => void;
  /** Null for a token nobody issued, a revoked and an expired one. */
  readonly find: (token: string) => Identity | null;
}

/** An empty ledger. */
export function createTokens(now: () => Date): TokenLedger {
  const known = new Map<string, { readonly identity: Identity; readonly expiresAt: Date | null }>();
  return {
    allow: (token, identity) => known.set(token, { identity, expiresAt: null }),
    issue: ({ login = ACTIONS_LOGIN, expiresAt, ...rest }) => {
      const identity: Identity = { login, ...rest };
      const token = `${prefixOf(identity)}${randomBytes(18).toString('hex')}`;
      known.set(token, { identity, expiresAt: expiresAt ?? null });
      return token;
    },
    revoke: (token) => known.delete(token),
    find: (token) => {
      const found = known.get(token);
      if (found === undefined) return null;
      if (found.expiresAt === null || found.expiresAt > now()) return found.identity;
      known.delete(token);
      return null;
    },
  };
}

function prefixOf(identity: Identity): string {
  if (kindOf(identity) !== 'person') return 'ghs_';
  return identity.oauthScopes === undefined ? 'github_pat_' : 'ghp_';
}
