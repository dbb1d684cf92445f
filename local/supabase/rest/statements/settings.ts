/** What a transaction is told before its statement: who, where, and how the request looked. */
import type { Statement } from '../../database/connection.ts';
import { bind, join, render, sql } from '../sql-text.ts';

/** The settings of one request. */
export interface RequestSettings {
  readonly schema: string;
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly method: string;
  /** As a function sees it: `/rpc/add`, `/todos`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  /** Of the role and of the function, and the time zone of the Prefer header. */
  readonly more: readonly (readonly [string, string])[];
}

/**
 * One statement that makes all settings for the transaction. Settings of the role come before the role is taken on, as in
 * PostgREST, so that authenticator's rights decide about them.
 */
export function applySettings(settings: RequestSettings, extraSearchPath: readonly string[]): Statement {
  const { cookie, ...headers } = settings.headers;
  const searchPath = [settings.schema, ...extraSearchPath].map((each) => `"${each.replaceAll('"', '""')}"`);
  const pairs: (readonly [string, string])[] = [
    ['search_path', searchPath.join(', ')],
    ...settings.more,
    ['role', settings.role],
    ['request.jwt.claims', JSON.stringify({ ...settings.claims, role: settings.role })],
    ['request.method', settings.method],
    ['request.path', settings.path],
    ['request.headers', JSON.stringify(headers)],
    ['request.cookies', JSON.stringify(readCookies(cookie))],
    // A function may have set these for its whole session; the next request must not answer with them.
    ['response.headers', ''],
    ['response.status', ''],
    ['transaction_read_only', settings.readOnly ? 'on' : 'off'],
  ];
  const calls = pairs.map(([key, value]) => sql`pg_catalog.set_config(${bind(key)}, ${bind(value)}, true)`);
  return { ...render(sql`select ${join(calls)}`), key: 'settings' };
}

function readCookies(header: string | undefined): Record<string, string> {
  if (header === undefined) return {};
  const pairs = header.split(';').map((part): [string, string] => {
    const equals = part.indexOf('=');
    return [part.slice(0, Math.max(0, equals)).trim(), part.slice(equals + 1).trim()];
  });
  return Object.fromEntries(pairs.filter(([key]) => key !== ''));
}
