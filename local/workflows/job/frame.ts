import type { Json } from '../../github/json-schema.ts';
import { asObject, type Scope, type Standing } from '../expressions.ts';
import { githubVariables } from '../github-context.ts';
import { hashFiles } from '../hash-files.ts';
import type { Annotation } from '../workflow-commands.ts';
import type { Ending, JobOrder } from './job-order.ts';

/** What changes while a job runs. */
export interface JobRun {
  readonly order: JobOrder;
  status: Exclude<Ending, 'skipped'>;
  /** `env` of the workflow and the job, and what steps added by GITHUB_ENV. */
  env: Readonly<Record<string, string>>;
  /** What steps put before PATH, the newest first. */
  path: readonly string[];
  readonly annotations: Annotation[];
  readonly summaries: string[];
  /** Post steps, the one to run first last. */
  readonly posts: Runnable[];
  /** How many steps were shown so far. */
  shown: number;
  /** Marks every process of the job, so that none survives it. */
  readonly trackingId: string;
}

/** Where steps are: in a job, or in a composite action. */
export interface Frame {
  readonly run: JobRun;
  /** Null for the job itself. */
  readonly outer: Frame | null;
  /** The `steps` context. */
  steps: Readonly<Record<string, Json>>;
  readonly inputs: Json;
  /** `env` of the step that uses the composite action. */
  readonly env: Readonly<Record<string, string>>;
  /** What `github` has more here: `action_path` and the like. */
  readonly github: Readonly<Record<string, string>>;
  /** Of a composite action, its own; of the job, the job's. */
  status: () => Exclude<Ending, 'skipped'>;
  readonly fail: () => void;
}

/** Something with a condition that runs: a step before, in or after its place. */
export interface Runnable {
  readonly frame: Frame;
  readonly name: () => string;
  readonly if: string;
  /** Its place in `steps`; null for pre and post steps. */
  readonly id: string | null;
  readonly env: () => Readonly<Record<string, string>>;
  readonly timeoutMinutes: (env: Readonly<Record<string, string>>) => number | null;
  readonly continueOnError: (env: Readonly<Record<string, string>>) => boolean;
  readonly execute: (turn: Turn) => Promise<Executed>;
}

/** One execution of a runnable. */
export interface Turn {
  /** Set when it should end: a timeout or a cancelled job. */
  readonly stop: AbortSignal;
  readonly env: Readonly<Record<string, string>>;
}

/** How an execution ended. */
export interface Executed {
  readonly ok: boolean;
  readonly outputs: Readonly<Record<string, string>>;
}

/** How things stand for `success()` and its kin. */
export function standingOf(frame: Frame): Standing {
  const status = frame.status();
  const cancelled = frame.run.status === 'cancelled';
  return {
    success: status === 'success' && !cancelled,
    failure: status === 'failure' && !cancelled,
    cancelled,
  };
}

/** What expressions of a frame may ask for. */
export function scopeOf(frame: Frame, env: Readonly<Record<string, string>> = {}): Scope {
  const { run, outer } = frame;
  const { contexts, folders } = run.order;
  return {
    contexts: {
      ...contexts,
      ...(outer === null ? {} : { inputs: frame.inputs, secrets: {} }),
      github: {
        ...asObject(contexts.github),
        ...frame.github,
        ...(outer === null ? {} : { action_status: frame.status() }),
      },
      env: { ...run.env, ...frame.env, ...env },
      steps: frame.steps,
      job: { ...asObject(contexts.job), status: outer === null ? run.status : frame.status() },
    },
    standing: standingOf(frame),
    hashFiles: (patterns) => hashFiles(folders.workspace, patterns),
  };
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The whole environment of a step's process: nothing of ours, what the workflow says, and GitHub's own variables, which
 * nobody can overrule.
 */
export function processEnvironment(
  frame: Frame,
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly github: Readonly<Record<string, string>>;
    readonly more: Readonly<Record<string, string>>;
  },
): Record<string, string> {
  const { run } = frame;
  const { contexts, folders, serviceVariables } = run.order;
  const given = { ...run.env, ...frame.env, ...options.env };
  const nodeFolder = run.order.node.replace(/\/[^/]+$/, '');
  return {
    HOME: folders.home,
    LANG: 'C.UTF-8',
    ...given,
    PATH: [...run.path, given.PATH ?? `${nodeFolder}:${SYSTEM_PATH}`].join(':'),
    ...githubVariables({ ...asObject(contexts.github), ...frame.github, ...options.github }),
    ...Object.fromEntries(
      Object.entries(asObject(contexts.runner)).map(([name, value]) => [
        `RUNNER_${name.toUpperCase()}`,
        String(value),
      ]),
    ),
    RUNNER_TRACKING_ID: run.trackingId,
    ...serviceVariables.all,
    ...options.more,
  };
}
