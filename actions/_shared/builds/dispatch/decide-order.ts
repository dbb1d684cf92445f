import type { DispatchAnswer, DispatchedRun, DispatchedRuns } from '../../github/workflow-dispatch.ts';
import type { Order, OrderEnd } from './statements.ts';

/** How patient a dispatcher is. */
export interface Patience {
  /** A run may be missing from GitHub's lists this long after it was started; a look that finds nothing sooner proves nothing. */
  readonly listDelayMs: number;
  /** Looks that must all find nothing before GitHub is told again. */
  readonly looks: number;
  /** Between two looks. */
  readonly againInMs: number;
  /** How long a workflow that GitHub does not know may still come. */
  readonly missingMs: number;
  /** When GitHub takes nothing and does not say until when. */
  readonly postponeMs: number;
}

/** Lists are usually seconds late. A run that comes later than this is told it is one too many when it begins, and cancelled. */
export const PATIENCE: Patience = {
  listDelayMs: 180_000,
  looks: 3,
  againInMs: 20_000,
  missingMs: 300_000,
  postponeMs: 60_000,
};

/** Longer than the hour of a rate limit nobody has to wait. */
const LONGEST_DELAY_MS = 3_600_000;

/** What came of telling GitHub. */
export function endOfSending(
  answer: DispatchAnswer,
  order: Pick<Order, 'createdAt'>,
  { patience, now }: { readonly patience: Patience; readonly now: Date },
): OrderEnd {
  switch (answer.kind) {
    case 'started':
      // An older server starts it and keeps the number to itself: the run is found by its name.
      return answer.runId === null
        ? {
            state: 'unknown',
            error: 'GitHub started it and did not say which run',
            againInMs: patience.againInMs,
          }
        : { state: 'sent', runId: answer.runId, runUrl: answer.url, extraRuns: [] };
    case 'unknown':
      return { state: 'unknown', error: answer.message, againInMs: patience.againInMs };
    case 'not_now':
      return {
        state: 'postponed',
        error: answer.message,
        againInMs: delayOf(answer.afterSeconds, patience),
      };
    case 'missing': {
      const isNew = now.getTime() - order.createdAt.getTime() < patience.missingMs;
      return isNew
        ? { state: 'postponed', error: answer.message, againInMs: patience.againInMs }
        : { state: 'refused', error: answer.message };
    }
    case 'refused':
      return { state: 'refused', error: answer.message };
  }
}

/** What came of looking for the run of an order GitHub was told. It is told again only when late, complete looks found none. */
export function endOfLooking(
  { runs, isComplete }: DispatchedRuns,
  order: Order,
  { patience, now }: { readonly patience: Patience; readonly now: Date },
): OrderEnd {
  const [best, ...others] = runs.filter(({ title }) => isNamed(title, order)).toSorted(byPromise);
  if (best !== undefined) {
    return { state: 'sent', runId: best.id, runUrl: best.url, extraRuns: others.map(({ id }) => id) };
  }
  const again = { againInMs: patience.againInMs };
  if (!isComplete)
    return { state: 'unknown', error: 'GitHub has more runs than a look goes through', ...again };
  const isLate = now.getTime() - order.postedAt.getTime() >= patience.listDelayMs;
  if (isLate && order.looks >= patience.looks) {
    return {
      state: 'unsent',
      error: `${order.looks} looks found no run: it was never started`,
      againInMs: 0,
    };
  }
  return { state: 'unknown', error: 'not in the list of runs yet', ...again };
}

/** A look that could not be made. It counts for nothing. */
export function putOff(
  error: string,
  afterSeconds: number | null,
  patience: Patience,
): OrderEnd & { readonly state: 'postponed' } {
  return { state: 'postponed', error, againInMs: delayOf(afterSeconds, patience) };
}

function delayOf(afterSeconds: number | null, { postponeMs }: Patience): number {
  return afterSeconds === null ? postponeMs : Math.min(afterSeconds * 1000, LONGEST_DELAY_MS);
}

/** Whole words: one build's id is never part of another's, and attempt 1 is not attempt 12. */
export function isNamed(title: string, { buildId, attempt }: Pick<Order, 'buildId' | 'attempt'>): boolean {
  const words = title.split(/[^\w-]+/);
  return words.includes(buildId) && (words.includes(String(attempt)) || !/attempt/i.test(title));
}

const PROMISE = ['in_progress', 'waiting', 'queued', 'requested', 'pending'];

/** Of several runs for one order: one that works, then one that will, then one that is over; the oldest of them. */
function byPromise(a: DispatchedRun, b: DispatchedRun): number {
  const rank = ({ status }: DispatchedRun) => {
    const place = PROMISE.indexOf(status ?? '');
    return place === -1 ? PROMISE.length : place;
  };
  return rank(a) - rank(b) || a.id - b.id;
}
