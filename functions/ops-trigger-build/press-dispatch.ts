import * as z from 'zod';
import type { Dependencies } from '../_shared/dependencies.ts';
import type { Log } from '../_shared/log/log.ts';

/** The workflow that turns waiting builds into runs. */
const WORKFLOW = 'dispatch-builds.yml';
const TIMEOUT_MS = 2000;
/** A round that was just asked for begins later than this, and takes every build there is by then. */
const ENOUGH_MS = 3000;

const Repository = z.string().regex(/^[\w.-]+\/[\w.-]+$/);

/** Asks for a round of dispatching now. Never throws: the workflow's own schedule comes round in five minutes. */
export type PressDispatch = (log: Log) => Promise<void>;

/**
 * Presses the button of the control repository's dispatch-builds.yml, once in three seconds, where these say how:
 *
 * - `OPS_DISPATCH_REPOSITORY`: `owner/name` of the control repository
 * - `OPS_DISPATCH_TOKEN`: a fine-grained token of that repository alone with `actions: write`
 * - `OPS_DISPATCH_ENVIRONMENT`: whose builds; `all` when left out
 * - `OPS_DISPATCH_REF`: its branch; `main` when left out
 * - `OPS_DISPATCH_API_URL`: of GitHub Enterprise Server; `https://api.github.com` when left out
 */
export function createPressDispatch({ env, fetch, now }: Dependencies): PressDispatch {
  const repository = env('OPS_DISPATCH_REPOSITORY');
  const token = env('OPS_DISPATCH_TOKEN');
  if (repository === undefined || token === undefined) return () => Promise.resolve();
  if (!Repository.safeParse(repository).success) {
    return async (log) => log.warn('OPS_DISPATCH_REPOSITORY is no owner/name; nobody was told of the build');
  }
  const api = (env('OPS_DISPATCH_API_URL') ?? 'https://api.github.com').replace(/\/+$/, '');
  const url = `${api}/repos/${repository}/actions/workflows/${WORKFLOW}/dispatches`;
  const body = JSON.stringify({
    ref: env('OPS_DISPATCH_REF') ?? 'main',
    inputs: { environment: env('OPS_DISPATCH_ENVIRONMENT') ?? 'all' },
  });
  let pressedAt = Number.NEGATIVE_INFINITY;
  return async (log) => {
    if (now() - pressedAt < ENOUGH_MS) return;
    pressedAt = now();
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'user-agent': 'ops-control-room',
          'x-github-api-version': '2022-11-28',
        },
        body,
        // A redirect would carry the token somewhere else.
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) log.warn('nobody was told of the build', { status: response.status });
    } catch (error) {
      log.warn('nobody was told of the build', { cause: error });
    }
  };
}
