import type { GitHubClient } from '../../github/client.ts';
import { patienceOf } from '../../github/workflow-dispatch.ts';
import { errorMessage } from '../../io/errors.ts';

/** What may still be asked of GitHub in one round. */
export interface CallBudget {
  /** The client of a repository; null where there is none, GitHub refuses everything for now, or the round has asked enough. */
  readonly clientOf: (repository: string) => GitHubClient | null;
  /** Takes so many calls out; false, and nothing is left for anybody, when there are not that many. */
  readonly take: (calls: number) => boolean;
  readonly isSpent: () => boolean;
  /** Remembers that GitHub refuses everything for now, when that is what the error says. Returns for how long, in seconds. */
  readonly note: (repository: string, error: unknown) => { readonly afterSeconds: number | null } | null;
  /** The same, of an answer that was read already. */
  readonly pause: (repository: string, why: string, afterSeconds: number | null) => void;
  /** Why nothing is asked of a repository; null when it may be. */
  readonly pauseOf: (
    repository: string,
  ) => { readonly why: string; readonly afterSeconds: number | null } | null;
}

/**
 * Bounds a round: so many calls in all, and none to a repository whose token GitHub has just refused. Asking on would be answered the same,
 * and counts against the limit.
 */
export function openBudget(calls: number, clientOf: (repository: string) => GitHubClient | null): CallBudget {
  let left = calls;
  const paused = new Map<string, { readonly why: string; readonly afterSeconds: number | null }>();
  const pause: CallBudget['pause'] = (repository, why, afterSeconds) =>
    void paused.set(repository.toLowerCase(), { why, afterSeconds });
  const pauseOf: CallBudget['pauseOf'] = (repository) => paused.get(repository.toLowerCase()) ?? null;
  return {
    clientOf: (repository) => (pauseOf(repository) === null ? clientOf(repository) : null),
    take: (wanted) => {
      const isEnough = left >= wanted;
      left = isEnough ? left - wanted : 0;
      return isEnough;
    },
    isSpent: () => left <= 0,
    note: (repository, error) => {
      const patience = patienceOf(error);
      if (patience !== null) {
        const why = errorMessage(error);
        pause(repository, why, patience.afterSeconds);
      }
      return patience;
    },
    pause,
    pauseOf,
  };
}
