/**
 * For work inside a transaction whose connection is gone: nothing may be sent over it any more, not even the rollback the
 * driver would answer an error with. So the work stays pending, and the transaction rejects by itself.
 */
import { isConnectionLost } from '../../database/connection-errors.ts';

/** Does the work; when that fails for a lost connection, never comes back. */
export async function untilLost<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isConnectionLost(error)) await new Promise<never>(() => undefined);
    throw error;
  }
}
