import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Sql } from '../database/connect.ts';
import { connectionPlace, explainConnectionError } from '../database/connection-errors.ts';
import { explainDatabaseError } from '../database/explain-database-error.ts';
import { ConfigurationError } from '../io/errors.ts';

/** The database cannot be reached, so that nothing is known. The message says why, without the password. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
  readonly hint: string;

  constructor(problem: { readonly what: string; readonly hint: string }) {
    super(problem.what);
    this.hint = problem.hint;
  }
}

/** What the database says before anybody looks at anything. */
export interface Reached {
  /** The database's clock: the moment a pass that begins now is about. */
  readonly now: Date;
  /** When the last recorded pass looked; null when there was none. */
  readonly previous: Date | null;
}

const Rows = z.array(z.object({ now: z.date(), previous: z.date().nullable() })).length(1);

/** A network may hiccup: it is asked again before an issue says that it is gone. */
const ATTEMPTS = 3;
const PAUSE_MS = 1000;

/**
 * Asks the database for the time.
 *
 * @throws DatabaseUnreachable when it does not answer, or does not let us in
 * @throws ConfigurationError when it answers, but our schema is not there, or not for us
 */
export async function reachDatabase(sql: Sql, watcher: string): Promise<Reached> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const rows = await sql`
        select clock_timestamp() as now, (select w.observed_at from ops.watchers w where w.name = ${watcher}) as previous`;
      const [row] = Rows.parse([...rows]);
      if (row !== undefined) return row;
    } catch (error) {
      const unreachable = unreachableBy(error, sql);
      if (unreachable === null) throw explainDatabaseError(error, connectionPlace(sql)) ?? error;
      if (attempt >= ATTEMPTS) throw unreachable;
      await sleep(PAUSE_MS);
    }
  }
}

/** The failure as what it means for a run; null when it is no failure of the connection. */
export function unreachableBy(error: unknown, sql: Sql): DatabaseUnreachable | null {
  if (error instanceof DatabaseUnreachable) return error;
  if (error instanceof ConfigurationError) return null;
  const explained = explainConnectionError(error, connectionPlace(sql));
  if (explained === undefined) return null;
  return new DatabaseUnreachable({ what: explained.message, hint: explained.hint ?? '' });
}
