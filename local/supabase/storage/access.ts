/** Statements in the name of who calls: row level security decides, as in hosted's storage. */
import type * as z from 'zod';
import type { Caller } from '../api-keys.ts';
import type { Statement } from '../database/connection.ts';
import type { Pool } from '../database/pool.ts';
import type { Incoming } from '../http/message.ts';
import { render, type Sql } from '../rest/sql-text.ts';
import { applySettings } from '../rest/statements/settings.ts';
import type { TokenProblem, TokenVerifier } from '../tokens.ts';
import { accessDenied, invalidRequest } from './storage-error.ts';

/** The ways to the database for one request. */
export interface Access {
  /** The user's id, for the owner of what is made. */
  readonly userId: string | null;
  /** Runs a statement as the caller and reads its rows. */
  readonly asCaller: <Schema extends z.ZodType>(statement: Sql, row: Schema) => Promise<z.infer<Schema>[]>;
  /** The same as the service itself, beyond row level security. */
  readonly asService: <Schema extends z.ZodType>(statement: Sql, row: Schema) => Promise<z.infer<Schema>[]>;
  /** Whether the caller could run a statement; nothing stays of it. @throws DatabaseError when not */
  readonly rehearse: (statement: Sql) => Promise<void>;
}

/** Opens the ways for one request. @throws StorageProblem when the caller's token is not accepted */
export async function openAccess(
  { pool, tokens }: { readonly pool: Pool; readonly tokens: TokenVerifier },
  request: Incoming,
  caller: Caller | null,
): Promise<Access> {
  const identity = await identify(tokens, caller);
  const settings = applySettings(
    {
      schema: 'storage',
      role: identity.role,
      claims: identity.claims,
      method: request.method,
      path: request.path,
      headers: request.headers,
      readOnly: false,
      more: [],
    },
    ['public', 'extensions'],
  );
  const asRole = (statement: Sql): Statement => ({ ...render(statement), key: identity.role });
  const { sub } = identity.claims;
  return {
    userId: typeof sub === 'string' ? sub : null,
    asCaller: async (statement, row) => {
      const [, rows] = await pool.run([settings, asRole(statement)]);
      return parse(rows ?? [], row);
    },
    asService: async (statement, row) => {
      const [rows] = await pool.run([{ ...render(statement), key: 'service' }]);
      return parse(rows ?? [], row);
    },
    rehearse: (statement) =>
      pool.pinned(async (connection) => {
        await connection.run([{ text: 'begin', values: [] }, settings, asRole(statement)]);
        await connection.run([{ text: 'rollback', values: [] }]);
      }),
  };
}

function parse<Schema extends z.ZodType>(
  rows: readonly (readonly (string | null)[])[],
  row: Schema,
): z.infer<Schema>[] {
  return rows.map((each) => row.parse(JSON.parse(each[0] ?? 'null')));
}

interface Identity {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

async function identify(tokens: TokenVerifier, caller: Caller | null): Promise<Identity> {
  if (caller === null) return { role: 'anon', claims: {} };
  if (caller.kind === 'key') return { role: caller.role, claims: { role: caller.role } };
  if (caller.token === null || caller.token === '') {
    throw invalidRequest("headers must have required property 'authorization'");
  }
  const { claims, problem } = await tokens.verify(caller.token);
  if (problem !== undefined) throw accessDenied(words(problem));
  const role = claims.role;
  return { role: typeof role === 'string' ? role : 'anon', claims };
}

/** The words of the library hosted's storage verifies with. */
export function words(problem: TokenProblem): string {
  switch (problem.kind) {
    case 'expired':
      return '"exp" claim timestamp check failed';
    case 'not_yet':
      return '"nbf" claim timestamp check failed';
    case 'issued_later':
      return '"iat" claim timestamp check failed';
    case 'signature':
      return 'signature verification failed';
    case 'unknown_key':
      return 'no applicable key found in the JSON Web Key Set';
    case 'algorithm':
      return '"alg" (Algorithm) Header Parameter value not allowed';
    default:
      return 'Invalid Compact JWS';
  }
}
