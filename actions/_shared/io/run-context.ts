import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ConfigurationError } from './errors.ts';
import type { Environment } from './inputs.ts';

/** The pull request an event is about. */
export interface PullRequest {
  readonly number: number;
  readonly headSha: string;
  /** From another repository: read-only token, no secrets. */
  readonly fromFork: boolean;
}

/** Where and why an action runs, from the variables GitHub documents and the event file. */
export interface RunContext {
  readonly event: string;
  readonly owner: string;
  readonly repo: string;
  readonly sha: string;
  /** Name of the branch the run is for; null for a tag or a pull request. */
  readonly branch: string | null;
  readonly actor: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly runUrl: string;
  /** The workflow's file, relative to its repository; null where it is not known. */
  readonly workflowFile: string | null;
  /** The checked-out repository. */
  readonly workspace: string;
  readonly pullRequest: PullRequest | null;
}

const Variables = z.object({
  GITHUB_EVENT_NAME: z.string().default(''),
  GITHUB_EVENT_PATH: z.string().optional(),
  GITHUB_REPOSITORY: z.string().regex(/^[^/]+\/[^/]+$/),
  GITHUB_SHA: z.string().default(''),
  GITHUB_REF: z.string().default(''),
  GITHUB_WORKFLOW_REF: z.string().default(''),
  GITHUB_TRIGGERING_ACTOR: z.string().optional(),
  GITHUB_ACTOR: z.string().default('unknown'),
  GITHUB_API_URL: z.url().default('https://api.github.com'),
  GITHUB_SERVER_URL: z.url().default('https://github.com'),
  GITHUB_RUN_ID: z.string().default('0'),
  GITHUB_RUN_ATTEMPT: z.string().default('1'),
  GITHUB_WORKSPACE: z.string().optional(),
});

const Event = z.object({
  pull_request: z
    .object({
      number: z.number().int().positive(),
      head: z.object({ sha: z.string(), repo: z.object({ full_name: z.string() }).nullable() }),
      base: z.object({ repo: z.object({ full_name: z.string() }) }),
    })
    .optional(),
});

/**
 * Reads the context of a run.
 *
 * @throws ConfigurationError when it does not run on GitHub Actions (or something that behaves like it)
 */
export function readRunContext(environment: Environment): RunContext {
  const parsed = Variables.safeParse(environment);
  if (!parsed.success) {
    throw new ConfigurationError(
      `This is meant to run as a step on GitHub Actions: ${z.prettifyError(parsed.error)}`,
      { hint: 'In a terminal, use the same commands of `opsroom`.' },
    );
  }
  const variables = parsed.data;
  const [owner = '', repo = ''] = variables.GITHUB_REPOSITORY.split('/');
  return {
    event: variables.GITHUB_EVENT_NAME,
    owner,
    repo,
    sha: variables.GITHUB_SHA,
    branch: /^refs\/heads\/(.+)$/.exec(variables.GITHUB_REF)?.[1] ?? null,
    workflowFile: /^[^/]+\/[^/]+\/([^@]+)@/.exec(variables.GITHUB_WORKFLOW_REF)?.[1] ?? null,
    actor: variables.GITHUB_TRIGGERING_ACTOR ?? variables.GITHUB_ACTOR,
    apiUrl: variables.GITHUB_API_URL,
    serverUrl: variables.GITHUB_SERVER_URL,
    runUrl: `${variables.GITHUB_SERVER_URL}/${owner}/${repo}/actions/runs/${variables.GITHUB_RUN_ID}/attempts/${variables.GITHUB_RUN_ATTEMPT}`,
    workspace: variables.GITHUB_WORKSPACE ?? process.cwd(),
    pullRequest: readPullRequest(variables.GITHUB_EVENT_PATH),
  };
}

function readPullRequest(eventPath: string | undefined): PullRequest | null {
  if (eventPath === undefined) return null;
  const { pull_request: pull } = Event.parse(JSON.parse(readFileSync(eventPath, 'utf8')));
  if (pull === undefined) return null;
  return {
    number: pull.number,
    headSha: pull.head.sha,
    // A deleted fork has no repository any more: still not ours.
    fromFork: pull.head.repo?.full_name !== pull.base.repo.full_name,
  };
}
