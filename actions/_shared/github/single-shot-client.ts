import { Octokit } from 'octokit';
import type { GitHubClient } from './client.ts';

/** Settings of a client. */
export interface SingleShotClientOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
}

/** A client that knows how often it asked. */
export interface CountingClient extends GitHubClient {
  /** Requests that were sent, answered or not. */
  readonly calls: () => number;
}

// As in client.ts: the shapes we parse are of this version.
const API_VERSION = '2022-11-28';

/**
 * A GitHub client that neither waits nor repeats: for work the next run of a schedule does anyway, where waiting for a rate
 * limit would only hold up what does not need GitHub. Every failure comes back at once.
 */
export function createSingleShotClient({
  token,
  apiUrl,
  owner,
  repo,
}: SingleShotClientOptions): CountingClient {
  const octokit = new Octokit({
    auth: token,
    baseUrl: apiUrl,
    userAgent: 'ops-control-room',
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    throttle: { enabled: false },
    retry: { enabled: false },
  });
  let calls = 0;
  octokit.hook.before('request', (request) => {
    request.headers['x-github-api-version'] = API_VERSION;
    calls += 1;
  });
  return { octokit, owner, repo, calls: () => calls };
}

/** What fails is told by whoever asked. */
function ignore(): void {}
