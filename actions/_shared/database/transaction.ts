import type { Sql, Transaction } from './connect.ts';
import { errorCode, isConnectionLost } from './connection-errors.ts';

/** How long things may take inside one transaction, in milliseconds. */
export interface TransactionLimits {
  readonly statementMs: number;
  readonly lockMs: number;
  /** After this long without a word from us the server ends the transaction and lets go of our locks. */
  readonly idleMs: number;
}

/** For looking: short, because nothing waits for locks. */
export const READ_LIMITS: TransactionLimits = { statementMs: 60_000, lockMs: 10_000, idleMs: 60_000 };
/** For changing: migrations and ten thousand jobs take their time, waiting for another apply does not. */
export const APPLY_LIMITS: TransactionLimits = { statementMs: 600_000, lockMs: 15_000, idleMs: 120_000 };

/** Run work in one read-only transaction that sees one moment of the database. */
export async function readTransaction<T>(sql: Sql, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return inTransaction(sql, 'isolation level repeatable read read only', READ_LIMITS, work);
}

/**
 * Run work in one read-write transaction. Each statement sees what was committed before it started, so what is read
 * after an advisory lock was got is true.
 */
export async function writeTransaction<T>(
  sql: Sql,
  limits: TransactionLimits,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return inTransaction(sql, 'isolation level read committed read write', limits, work);
}

/**
 * Set the limits of the running transaction. Nothing outlives it, so a pooled server connection is handed back as it
 * came. Without nulls in arrays (a setting of old roles) a job would be altered to "null". The last two keep parameters
 * (secret values) out of the server's log, as far as our role may.
 */
export async function setLimits(tx: Transaction, limits: TransactionLimits): Promise<void> {
  await tx`
    select pg_catalog.set_config('statement_timeout', ${String(limits.statementMs)}, true),
           pg_catalog.set_config('lock_timeout', ${String(limits.lockMs)}, true),
           pg_catalog.set_config('idle_in_transaction_session_timeout', ${String(limits.idleMs)}, true),
           pg_catalog.set_config('client_connection_check_interval', '2s', true),
           pg_catalog.set_config('array_nulls', 'on', true),
           pg_catalog.set_config('log_parameter_max_length_on_error', '0', true),
           case when pg_catalog.has_parameter_privilege('log_parameter_max_length', 'set')
             then pg_catalog.set_config('log_parameter_max_length', '0', true) end`;
}

/**
 * Run work that may fail without failing the transaction: an error undoes the work alone and is thrown here.
 */
export async function inSavepoint<T>(tx: Transaction, work: (inner: Transaction) => Promise<T>): Promise<T> {
  const box: { result?: { readonly value: T } } = {};
  await tx.savepoint(async (inner) => {
    try {
      box.result = { value: await work(inner) };
    } catch (error) {
      if (brokeTheConnection(error)) await forever();
      throw error;
    }
  });
  if (box.result === undefined) throw new Error('a savepoint ended without a result');
  return box.result.value;
}

async function inTransaction<T>(
  sql: Sql,
  mode: string,
  limits: TransactionLimits,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const progress = { begun: false };
  try {
    return await attempt(sql, mode, limits, work, progress);
  } catch (error) {
    // A pooled connection the server had dropped: the driver reports that on the next use, before anything ran.
    if (progress.begun || !isConnectionLost(error)) throw error;
    return attempt(sql, mode, limits, work, progress);
  }
}

async function attempt<T>(
  sql: Sql,
  mode: string,
  limits: TransactionLimits,
  work: (tx: Transaction) => Promise<T>,
  progress: { begun: boolean },
): Promise<T> {
  const box: { result?: { readonly value: T } } = {};
  const connection = { closed: false };
  const transaction = sql.begin(mode, async (pinned) => {
    progress.begun = true;
    try {
      const tx = guarded(pinned, connection);
      await setLimits(tx, limits);
      box.result = { value: await work(tx) };
    } catch (error) {
      if (!brokeTheConnection(error)) throw error;
      await forever();
    }
    if (connection.closed) await forever();
  });
  // `begin` rejects the moment its connection closes, whatever its callback is doing.
  transaction.catch(() => {
    connection.closed = true;
  });
  await transaction;
  if (box.result === undefined) throw new Error('a transaction ended without a result');
  return box.result.value;
}

/**
 * postgres.js 3.4.9 answers an error inside `begin` with a rollback even when the connection is gone, and a statement
 * sent to a closed connection crashes the process (a write to a null socket in a later tick) or runs outside the
 * transaction once somebody else reopened it. So after a loss nothing may be sent: our callback stays pending and
 * `begin` rejects on its own.
 */
function forever(): Promise<never> {
  return new Promise(() => {});
}

function guarded(pinned: Transaction, connection: { readonly closed: boolean }): Transaction {
  return new Proxy(pinned, {
    apply(target, self, parts) {
      if (connection.closed) throw new ConnectionClosed();
      return Reflect.apply(target, self, parts);
    },
    get(target, property, receiver) {
      if (connection.closed) throw new ConnectionClosed();
      return Reflect.get(target, property, receiver);
    },
  });
}

class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
  readonly code = 'CONNECTION_CLOSED';

  constructor() {
    super('The connection was closed while a transaction was open');
  }
}

/** Codes the driver gives when its socket is gone, as opposed to errors the server reports over a working one. */
const SOCKET_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
]);

function brokeTheConnection(error: unknown): boolean {
  return SOCKET_CODES.has(errorCode(error) ?? '');
}
