/** What the tests of identity share: callers, organisations, and the functions that change who is in them. */
import { randomUUID } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import type { TestDatabase } from '../../support/database.ts';
import { asCaller, type Caller } from './session.ts';

/** The holder of the service key. */
export const service: Caller = { role: 'service_role' };

/** A signed-in user nobody knows yet. */
export function user(userId: string = randomUUID()): Caller & { userId: string } {
  return { role: 'authenticated', userId };
}

/** Connections on PostgREST's login, which may become any of the three roles. */
export function apiLogin(database: TestDatabase, max = 4): Sql {
  return postgres({
    ...database.connectAs(database.name, 'authenticator'),
    max,
    onnotice: () => undefined,
  });
}

/** Organisations of one database. */
export interface Organisations {
  /** One of its own for a test. */
  readonly create: (owner: string) => Promise<string>;
  readonly rolesIn: (org: string) => Promise<Record<string, string>>;
  readonly add: (as: Caller, org: string, userId: string, role?: string) => Promise<boolean>;
  readonly setRole: (as: Caller, org: string, userId: string, role: string) => Promise<boolean>;
  readonly remove: (as: Caller, org: string, userId: string) => Promise<boolean>;
}

/** @param sql of the owner of the schema @param api of PostgREST's login */
export function organisationsIn(sql: Sql, api: Sql): Organisations {
  let made = 0;
  return {
    create: async (owner) => {
      made += 1;
      const [row] = await sql<{ id: string }[]>`
        select ops.create_org('Test', ${`test-${made}`}, ${owner}) as id
      `;
      return row?.id ?? '';
    },
    rolesIn: async (org) => {
      const rows = await sql<{ user_id: string; role: string }[]>`
        select user_id, role from ops.org_members where org_id = ${org}
      `;
      return Object.fromEntries(rows.map((row) => [row.user_id, row.role]));
    },
    add: (as, org, userId, role = 'member') =>
      asCaller(api, as, async (q) =>
        isDone(await q<Done[]>`select ops.add_member(${org}, ${userId}, ${role}) as done`),
      ),
    setRole: (as, org, userId, role) =>
      asCaller(api, as, async (q) =>
        isDone(await q<Done[]>`select ops.set_member_role(${org}, ${userId}, ${role}) as done`),
      ),
    remove: (as, org, userId) =>
      asCaller(api, as, async (q) =>
        isDone(await q<Done[]>`select ops.remove_member(${org}, ${userId}) as done`),
      ),
  };
}

interface Done {
  readonly done: boolean;
}

function isDone(rows: readonly Done[]): boolean {
  return rows[0]?.done ?? false;
}
