import { randomUUID } from 'node:crypto';
import { Octokit } from 'octokit';

/** One repository, as our narrow calls see it. */
export interface GitHubClient {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
}

/** Settings of a client. */
export interface GitHubClientOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** Told when a rate limit makes us wait, or gives up. */
  readonly onWait: (message: string) => void;
}

// Longer waits belong to the next run: a runner minute costs money and a rate limit may last an hour.
const LONGEST_WAIT_SECONDS = 90;
const MOST_RETRIES = 2;

// The shapes we parse are of this version; newer ones drop `assignee` and change dispatch.
// https://docs.github.com/en/rest/about-the-rest-api/api-versions
const API_VERSION = '2022-11-28';

/**
 * A GitHub client that keeps to GitHub's rate limits and never repeats a call that may already have created something:
 * after a 5xx only idempotent methods are retried; a refusal by a rate limit did nothing, so any method may wait and retry.
 */
export function createGitHubClient(options: GitHubClientOptions): GitHubClient {
  const { owner, repo, onWait } = options;
  const wait =
    (kind: string) =>
    (seconds: number, request: { method: string; url: string }, _: unknown, count: number) => {
      const again = count < MOST_RETRIES && seconds <= LONGEST_WAIT_SECONDS;
      onWait(`${kind} on ${request.method} ${request.url}: ${again ? `waiting ${seconds} s` : 'giving up'}`);
      return again;
    };
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl,
    userAgent: 'ops-control-room',
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    // Writes of one client are spaced out; clients of one process do not queue behind each other.
    throttle: {
      id: randomUUID(),
      onRateLimit: wait('rate limit'),
      onSecondaryRateLimit: wait('secondary rate limit'),
    },
  });
  octokit.hook.before('request', (request) => {
    request.headers['x-github-api-version'] = API_VERSION;
    request.request.retries = request.method === 'POST' ? 0 : MOST_RETRIES;
  });
  return { octokit, owner, repo };
}

/** Octokit logs every failed request by itself; ours are reported once, by whoever asked. */
function ignore(): void {}
