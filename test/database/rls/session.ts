/**
 * What PostgREST does for a request: the role and the claims of its JWT for one transaction, on authenticator's login.
 */
import type { Sql, TransactionSql } from 'postgres';

/** Whom a request speaks for. */
export interface Caller {
  readonly role: 'anon' | 'authenticated' | 'service_role';
  /** `sub` of the JWT; service keys have none. */
  readonly userId?: string;
}

/** The claims PostgREST would set for a caller. */
export function claimsOf({ role, userId }: Caller): string {
  return JSON.stringify({ role, ...(userId === undefined ? {} : { sub: userId }) });
}

/** From here to the end of the transaction, or to the savepoint it is rolled back to, `sql` acts as the caller. */
export async function becomeCaller(sql: TransactionSql, caller: Caller): Promise<void> {
  await sql`
    select set_config('role', ${caller.role}, true), set_config('request.jwt.claims', ${claimsOf(caller)}, true)
  `;
}

/** Runs `act` as the caller in a transaction of its own, which is kept. @param sql a login of authenticator or postgres. */
export async function asCaller<T>(
  sql: Sql,
  caller: Caller,
  act: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  // An object, because `begin` unwraps arrays of promises and its type says so of every array.
  const { value } = await sql.begin(async (transaction) => {
    await becomeCaller(transaction, caller);
    return { value: await act(transaction) };
  });
  return value;
}
