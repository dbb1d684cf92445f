import { describe, expect, it } from 'vitest';
import {
  endOfLooking,
  endOfSending,
  isNamed,
  PATIENCE,
} from '../../../actions/_shared/builds/dispatch/decide-order.ts';
import type { Order } from '../../../actions/_shared/builds/dispatch/statements.ts';
import { patienceOf, refusalOf } from '../../../actions/_shared/github/workflow-dispatch.ts';

const posted = new Date('2026-11-21T10:00:00Z');
const secondsLater = (seconds: number) => ({
  patience: PATIENCE,
  now: new Date(posted.getTime() + seconds * 1000),
});
const buildId = '01890a5d-ac96-774b-bcce-b302099a8057';
const order = (more: Partial<Order> = {}): Order => ({
  buildId,
  attempt: 1,
  claimToken: '1',
  action: 'find',
  repository: 'acme/app',
  workflow: 'build.yml',
  ref: 'main',
  inputs: {},
  postedAt: posted,
  looks: 3,
  createdAt: posted,
  ...more,
});
const run = (id: number, status = 'queued', title = `build ${buildId} attempt 1`) => ({
  id,
  url: `https://github.com/acme/app/actions/runs/${id}`,
  title,
  status,
  createdAt: posted,
});

/** A failed request as octokit throws it. */
const failure = (status: number, message: string, headers: Record<string, string> = {}): Error =>
  Object.assign(new Error(message), { status, response: { headers } });
const cut = (code: string): Error =>
  Object.assign(new Error('fetch failed'), {
    status: 500,
    cause: new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }),
  });

describe('a POST that failed', () => {
  it.each([
    ['a gateway that broke', failure(502, 'Server Error'), 'unknown'],
    ['a connection that was cut', cut('UND_ERR_SOCKET'), 'unknown'],
    ['a time that ran out', failure(500, 'The operation was aborted due to timeout'), 'unknown'],
    ['a request GitHub did not wait for', failure(408, 'Request Timeout'), 'unknown'],
    ['an error of another kind', new TypeError('x is not a function'), 'unknown'],
    ['a server nobody reached', cut('ECONNREFUSED'), 'not_now'],
    ['a name nobody knew', cut('EAI_AGAIN'), 'not_now'],
    ['a secondary limit', failure(403, 'You have exceeded a secondary rate limit.'), 'not_now'],
    ['a token that may not', failure(403, 'Resource not accessible by integration'), 'not_now'],
    ['a token that ran out', failure(401, 'Bad credentials'), 'not_now'],
    ['a workflow nobody knows', failure(404, 'Not Found'), 'missing'],
    ['a trigger not seen yet', failure(422, "Workflow does not have 'workflow_dispatch' trigger"), 'missing'],
    ['inputs nobody expects', failure(422, 'Unexpected inputs provided: ["colour"]'), 'refused'],
    ['a branch that is not there', failure(422, 'No ref found for: main'), 'refused'],
  ])('%s', (_, error, kind) => {
    expect(refusalOf(error).kind).toBe(kind);
  });

  it('says until when, where GitHub does', () => {
    expect(patienceOf(failure(403, 'secondary rate limit', { 'retry-after': '90' }))).toEqual({
      afterSeconds: 90,
    });
    const reset = String(Math.ceil(Date.now() / 1000) + 600);
    const used = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    expect(patienceOf(failure(403, 'API rate limit exceeded', used))?.afterSeconds).toBeGreaterThan(590);
    // Calls left: the reset is of no interest.
    const left = { ...used, 'x-ratelimit-remaining': '17' };
    expect(patienceOf(failure(403, 'Resource not accessible', left))).toEqual({ afterSeconds: null });
    expect(patienceOf(failure(422, 'No ref found'))).toBeNull();
    expect(patienceOf(new Error('nothing'))).toBeNull();
  });
});

describe('an order after GitHub was told', () => {
  it('is unknown when GitHub started it and did not say which', () => {
    const answer = { kind: 'started', runId: null, url: null } as const;
    expect(endOfSending(answer, order(), secondsLater(0)).state).toBe('unknown');
  });

  it('waits an hour at most, and a minute where GitHub says nothing', () => {
    const notNow = (afterSeconds: number | null) =>
      endOfSending({ kind: 'not_now', message: 'later', afterSeconds }, order(), secondsLater(0));
    expect(notNow(null)).toEqual({ state: 'postponed', error: 'later', againInMs: 60_000 });
    expect(notNow(99_999)).toMatchObject({ againInMs: 3_600_000 });
  });

  it('waits for a workflow that is missing while it may still come', () => {
    const missing = (seconds: number) =>
      endOfSending({ kind: 'missing', message: 'Not Found' }, order(), secondsLater(seconds)).state;
    expect([missing(0), missing(299), missing(301)]).toEqual(['postponed', 'postponed', 'refused']);
  });
});

describe('a look for the run of an order', () => {
  const complete = (...runs: ReturnType<typeof run>[]) => ({ runs, isComplete: true });

  it.each([
    ['too early', 179, 3],
    ['the first', 600, 1],
    ['the second', 600, 2],
  ])('%s that finds nothing proves nothing', (_, seconds, looks) => {
    expect(endOfLooking(complete(), order({ looks }), secondsLater(seconds)).state).toBe('unknown');
  });

  it('is enough when it is the third, late, and saw all there is', () => {
    expect(endOfLooking(complete(), order(), secondsLater(181)).state).toBe('unsent');
    expect(endOfLooking({ runs: [], isComplete: false }, order(), secondsLater(181)).state).toBe('unknown');
  });

  it('takes the run that works before one that waits, before one that is over, and the older of two', () => {
    const best = (...runs: ReturnType<typeof run>[]) =>
      endOfLooking(complete(...runs), order(), secondsLater(0));
    expect(best(run(3, 'queued'), run(4, 'in_progress'), run(2, 'completed'))).toMatchObject({
      state: 'sent',
      runId: 4,
      extraRuns: [3, 2],
    });
    expect(best(run(9), run(8))).toMatchObject({ runId: 8, extraRuns: [9] });
    expect(best(run(5, 'completed'), run(6, 'some_new_word'))).toMatchObject({ runId: 5 });
  });

  it('takes no run of another build or attempt', () => {
    const others = [
      run(1, 'queued', `build ${buildId} attempt 12`),
      run(2, 'queued', `build ${buildId}0 attempt 1`),
      run(3, 'queued', `build x${buildId} attempt 1`),
      run(4, 'queued', 'build attempt 1'),
    ];
    expect(endOfLooking(complete(...others), order(), secondsLater(0)).state).toBe('unknown');
  });
});

describe('the name of a run', () => {
  it.each([
    [`build ${buildId} attempt 1`, true],
    [`${buildId} (attempt 1)`, true],
    [`release of shop, build ${buildId}`, true],
    [`build ${buildId} attempt 2`, false],
    [`build ${buildId} attempt 11`, false],
    ['build', false],
  ])('%s: %s', (title, expected) => {
    expect(isNamed(title, { buildId, attempt: 1 })).toBe(expected);
  });
});
