import type { Store } from '../store.ts';

/** What a person may do in the repository, least first. */
export const ROLES = ['read', 'triage', 'write', 'maintain', 'admin'] as const;
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** An account. */
export interface StoredUser {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
  /** Null: no collaborator, but may read and comment in a public repository. */
  role: Role | null;
  /** Belongs to the organization that owns the repository. */
  member: boolean;
}

/** People and teams. Logins are compared without case. */
export interface PeopleState {
  readonly users: Map<string, StoredUser>;
  /** Teams of the owning organization by slug: logins. */
  readonly teams: Map<string, Set<string>>;
}

/** No people. */
export function noPeople(): PeopleState {
  return { users: new Map(), teams: new Map() };
}

/** The account with this login; an unknown one is an outsider, for on GitHub everybody exists. */
export function ensureUser(store: Pick<Store, 'users'>, login: string): StoredUser {
  const known = store.users.get(login.toLowerCase());
  if (known !== undefined) return known;
  const user: StoredUser = {
    id: accountId(login),
    login,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    role: null,
    member: false,
  };
  store.users.set(login.toLowerCase(), user);
  return user;
}

/** Adds an account or changes what it may do. */
export function putUser(
  store: Pick<Store, 'users'>,
  user: {
    readonly login: string;
    readonly role?: Role | null;
    readonly type?: StoredUser['type'];
    readonly member?: boolean;
  },
): StoredUser {
  const known = ensureUser(store, user.login);
  const role = user.role === undefined ? known.role : user.role;
  const changed: StoredUser = {
    ...known,
    role,
    type: user.type ?? known.type,
    member: user.member ?? role !== null,
  };
  store.users.set(user.login.toLowerCase(), changed);
  return changed;
}

/** Who somebody is to the repository, as issues and comments tell it. */
export function associationOf(
  store: Pick<Store, 'users' | 'owner'>,
  login: string,
): 'OWNER' | 'MEMBER' | 'COLLABORATOR' | 'NONE' {
  if (login.toLowerCase() === store.owner.toLowerCase()) return 'OWNER';
  const user = store.users.get(login.toLowerCase());
  if (user?.member === true) return 'MEMBER';
  return user?.role == null ? 'NONE' : 'COLLABORATOR';
}

/** True when the role is at least this one. */
export function hasRole(role: Role | null, least: Role): boolean {
  return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** A stable number for a name, so that ids look like ids and never change. */
export function accountId(name: string): number {
  return [...name].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 100_000_007, 7);
}
