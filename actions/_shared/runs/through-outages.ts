import { isPassing } from '../queue/passing-errors.ts';

/**
 * Makes questions outlive a database that goes away for a while (a restart, a failover): once one was answered, an error
 * that passes by itself is no answer, and the next question tries anew. The first has to be answered: an address that never
 * worked is somebody's mistake.
 *
 * @param tell called when the database stops answering, and when it answers again
 */
export function throughOutages(
  tell: (isAway: boolean) => void,
): <T>(ask: () => Promise<T>) => Promise<T | undefined> {
  let answered = false;
  let away = false;
  return async (ask) => {
    try {
      const answer = await ask();
      if (away) tell(false);
      [answered, away] = [true, false];
      return answer;
    } catch (error) {
      if (!answered || !isPassing(error)) throw error;
      if (!away) tell(true);
      away = true;
      return undefined;
    }
  };
}

/** What people who follow something on a terminal hear of an outage. */
export function outageInWords(isAway: boolean): string {
  return isAway
    ? 'The database does not answer. Jobs it runs are followed by itself; trying again until Ctrl-C.\n'
    : 'The database answers again.\n';
}
