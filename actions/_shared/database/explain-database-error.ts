import { ConfigurationError, errorMessage } from '../io/errors.ts';
import {
  type ConnectionPlace,
  errorCode,
  explainConnectionError,
  LOCK_NOT_AVAILABLE,
} from './connection-errors.ts';

/**
 * What a command that reads or writes our tables met, as a configuration error that says what to do: a database that can't
 * be reached, that never saw our migrations, that keeps our role out, takes no writes, or makes us wait too long. Anything else comes back
 * `undefined`: it is a fault of ours.
 */
export function explainDatabaseError(error: unknown, place: ConnectionPlace): ConfigurationError | undefined {
  const unreachable = explainConnectionError(error, place);
  if (unreachable !== undefined) return unreachable;
  const explanation = explain(errorCode(error) ?? '', errorMessage(error), place.user);
  if (explanation === undefined) return undefined;
  const where = `${place.host}:${place.port}, database ${place.database}, user ${place.user}`;
  // No cause: a driver error carries the statement's parameters.
  return new ConfigurationError(`${explanation.what} (${where})`, { hint: explanation.hint });
}

/** Somebody else holds a lock we waited for: who, and what then. */
export const HELD_LOCK =
  'Another session holds it, a long job perhaps: try again when it is done (select pid, state, xact_start, query from pg_stat_activity order by xact_start shows who)';

interface Explanation {
  readonly what: string;
  readonly hint: string;
}

/** SQLSTATEs of a schema, table or function that is not there. */
const NOT_THERE = new Set(['3F000', '42P01', '42883']);

function explain(code: string, message: string, user: string): Explanation | undefined {
  if (NOT_THERE.has(code) && /\bops\b/.test(message)) {
    return {
      what: `The tables and functions of the control room are not in this database, or are older than this program: ${message}`,
      hint: 'Check that it is the database you mean, then bring it up to date: `opsroom apply`, or the workflow reconcile',
    };
  }
  if (code === '42501') {
    return {
      what: `The database refused: ${message}`,
      hint: `Connect as the role that applies, which owns schema ops, or let that role grant this to ${user}`,
    };
  }
  if (code === '25006') {
    return {
      what: 'The database takes no writes now',
      hint: 'It is a standby, or default_transaction_read_only is on: hosted Supabase does that when the disk is nearly full, and then no job can run either. Make room or enlarge the disk (dashboard, Database, Settings)',
    };
  }
  if (code === LOCK_NOT_AVAILABLE) {
    return { what: 'What is needed of the database is locked by somebody else', hint: HELD_LOCK };
  }
  if (code === '57014') {
    return {
      what: `The database was stopped at its work: ${message}`,
      hint: 'Try again; when it comes back, look for load and locks: select pid, wait_event_type, xact_start, query from pg_stat_activity order by xact_start',
    };
  }
  return undefined;
}
