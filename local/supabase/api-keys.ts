/**
 * What the gateway in front of the services does with API keys: every request to the Data API and to auth names one in
 * `apikey`; a `sb_` key there stands for a role, and the gateway speaks to the service in that role's name.
 */
import { timingSafeEqual } from 'node:crypto';
import { type Incoming, json, type Outgoing } from './http/message.ts';
import type { ProjectKeys } from './keys.ts';

/** Who calls, as far as the gateway knows. */
export type Caller =
  /** A token the service has to verify; null is nobody. */
  | { readonly kind: 'token'; readonly token: string | null }
  /** The gateway vouches for this role because of a `sb_` key. */
  | { readonly kind: 'key'; readonly role: 'anon' | 'service_role' };

/** Decides who calls, or refuses. */
export type IdentifyCaller = (request: Incoming) => Caller | Outgoing;

/** What was changed about a project's keys through the Management API. */
export interface IssuedKeys {
  readonly keys: readonly { readonly key: string }[];
  /** When the legacy keys were shut out; null while they are let in. */
  readonly legacyDisabledAt: string | null;
}

/** A project whose keys nobody changed. */
export const NO_ISSUED_KEYS: IssuedKeys = { keys: [], legacyDisabledAt: null };

/** True when the gateway refused. */
export function isRefusal(caller: Caller | Outgoing): caller is Outgoing {
  return 'status' in caller;
}

/**
 * The rules for one project.
 * @param keyRequired false for services that hosted's gateway lets through without a key (storage)
 */
export function createIdentifyCaller(
  keys: ProjectKeys,
  keyRequired: boolean,
  issued: () => IssuedKeys = () => NO_ISSUED_KEYS,
): IdentifyCaller {
  return (request) => {
    const key = request.headers.apikey ?? keyOfQuery(request.search);
    const token = bearer(request.headers.authorization);
    if (key === undefined) {
      if (keyRequired) return noKey();
      return { kind: 'token', token };
    }
    const role = roleOf(keys, key) ?? roleOfIssued(issued(), key);
    if (role === null) return keyRequired || key.startsWith('sb_') ? wrongKey() : { kind: 'token', token };
    const { legacyDisabledAt } = issued();
    if (!role.minted && legacyDisabledAt !== null) return legacyDisabled(legacyDisabledAt);
    if (role.secret && isBrowser(request.headers['user-agent'])) return secretInBrowser();
    // A token of its own speaks louder than the key; the key repeated as a token is still the key.
    if (token !== null && token !== key) return { kind: 'token', token };
    return role.minted ? { kind: 'key', role: role.role } : { kind: 'token', token };
  };
}

/** The token after `Bearer`, '' when there is none, null without the header or with another scheme. */
export function bearer(header: string | undefined): string | null {
  if (header === undefined) return null;
  const [, token] = /^bearer(?:\s+(.*))?$/i.exec(header.trim()) ?? [];
  return /^bearer\b/i.test(header.trim()) ? (token ?? '').trim() : null;
}

/** The query without the key some clients put there. */
export function withoutKey(search: string): string {
  if (!search.includes('apikey=')) return search;
  return search
    .split('&')
    .filter((part) => !part.startsWith('apikey='))
    .join('&');
}

function keyOfQuery(search: string): string | undefined {
  if (!search.includes('apikey=')) return undefined;
  return new URLSearchParams(search).get('apikey') ?? undefined;
}

interface KeyRole {
  readonly role: 'anon' | 'service_role';
  /** The gateway speaks in the role's name; legacy keys are JWTs and speak for themselves as `Authorization`. */
  readonly minted: boolean;
  readonly secret: boolean;
}

function roleOf(keys: ProjectKeys, key: string): KeyRole | null {
  if (same(key, keys.publishable)) return { role: 'anon', minted: true, secret: false };
  if (same(key, keys.secret)) return { role: 'service_role', minted: true, secret: true };
  if (same(key, keys.anonJwt)) return { role: 'anon', minted: false, secret: false };
  if (same(key, keys.serviceRoleJwt)) return { role: 'service_role', minted: false, secret: false };
  return null;
}

function roleOfIssued({ keys }: IssuedKeys, key: string): KeyRole | null {
  const found = keys.find((each) => same(key, each.key));
  if (found === undefined) return null;
  const secret = found.key.startsWith('sb_secret_');
  return { role: secret ? 'service_role' : 'anon', minted: true, secret };
}

function same(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}

function isBrowser(agent: string | undefined): boolean {
  return agent !== undefined && /^mozilla\//i.test(agent);
}

function noKey(): Outgoing {
  return json(401, {
    message: 'No API key found in request',
    hint: 'No `apikey` request header or url param was found.',
  });
}

function wrongKey(): Outgoing {
  return json(401, {
    message: 'Invalid API key',
    hint: 'Double check your Supabase `anon` or `service_role` API key.',
  });
}

function legacyDisabled(at: string): Outgoing {
  return json(401, {
    message: 'Legacy API keys are disabled',
    hint: `Your legacy API keys (anon, service_role) were disabled on ${at}. Re-enable them in the Supabase dashboard, or use the new publishable and secret API keys.`,
  });
}

function secretInBrowser(): Outgoing {
  return json(401, {
    message: 'Forbidden use of secret API key in browser',
    hint: 'Secret API keys can only be used in a protected environment and should never be used in a browser.',
  });
}
