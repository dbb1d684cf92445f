import { setTimeout as sleep } from 'node:timers/promises';
import { lockReconcile } from '../../database/advisory-lock.ts';
import type { Sql, Transaction } from '../../database/connect.ts';
import { APPLY_LIMITS, writeTransaction } from '../../database/transaction.ts';

// Well below the two minutes after which the server ends a transaction that says nothing, and most pools and firewalls too.
const WORD_MS = 15_000;

/** Work that sends the transaction nothing for longer than the server waits; a word now and then keeps it. */
export async function keptAlive<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  const working = work();
  const ended = working.then(
    () => undefined,
    () => undefined,
  );
  await speakUntil(tx, ended);
  return working;
}

async function speakUntil(tx: Transaction, ended: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const over = ended.then(() => 'over' as const);
  try {
    for (;;) {
      const pause = sleep(WORD_MS, 'speak' as const, { signal: timer.signal }).catch(() => 'over' as const);
      if ((await Promise.race([over, pause])) === 'over') return;
      await tx`select 1`;
    }
  } finally {
    timer.abort();
  }
}

/**
 * Work while one transaction holds the lock that lets one apply at a time change an environment. A lock of a transaction works
 * through a pooler and is let go of the moment our process or its connection dies, which a claim in a row would not be: the next
 * apply would have to wait for its lease to run out. The transaction writes nothing, so it holds back neither vacuum
 * nor anybody else; what has to be kept is written by others, each committed at once.
 *
 * @param work its signal is aborted when the lock is lost; what was begun may end, and nothing more may begin
 * @throws the server's 55P03 when somebody else holds the lock for longer than `waitMs`
 */
export async function holdingLock<T>(
  sql: Sql,
  waitMs: number,
  work: (held: AbortSignal) => Promise<T>,
): Promise<T> {
  if (sql.options.max < 2) throw new Error('holding the lock takes a connection besides the one that writes');
  const lost = new AbortController();
  const granted = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const limits = { ...APPLY_LIMITS, lockMs: waitMs, statementMs: waitMs + APPLY_LIMITS.statementMs };
  // Beside the work and not around it: a transaction rejects the moment its connection closes, whatever is under way.
  const holding = writeTransaction(sql, limits, async (tx) => {
    await lockReconcile(tx);
    granted.resolve();
    await speakUntil(tx, released.promise);
  });
  const ended = holding.catch((error: unknown) => {
    granted.reject(error);
    lost.abort(error);
  });
  await granted.promise;
  try {
    return await work(lost.signal);
  } finally {
    released.resolve();
    await ended;
  }
}
