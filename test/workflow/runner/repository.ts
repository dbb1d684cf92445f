import type { Person } from '../../../local/github/people/person.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import type { JobView, RunView } from '../../../local/workflows/engine/session.ts';
import {
  type ActionsEngine,
  type ActionsOptions,
  startActions,
} from '../../../local/workflows/engine/start-actions.ts';

/** A repository with workflows and an engine that runs them; no database. */
export interface FixtureRepository {
  readonly host: GitHubStandIn;
  readonly engine: ActionsEngine;
  /** Somebody with write access. */
  readonly alice: Person;
  readonly bob: Person;
  /** Every line of every log, masked. */
  readonly lines: string[];
  /** Puts a workflow onto main as `.github/workflows/<name>.yml`, without telling anybody. */
  readonly workflow: (name: string, text: string) => void;
  readonly file: (path: string, text: string) => void;
  /** Presses the button of a workflow and waits until nothing goes on. */
  readonly run: (name: string, inputs?: Readonly<Record<string, string | boolean>>) => Promise<RunView>;
  /** The latest run. */
  readonly latest: () => RunView;
  readonly stop: () => Promise<void>;
}

/** Starts one; patience is short, and a minute of `timeout-minutes` is a second. */
export async function startFixture(options: Partial<ActionsOptions> = {}): Promise<FixtureRepository> {
  const host = await startGitHub({ owner: 'acme', repo: 'ops' });
  for (const login of ['alice', 'bob']) host.addUser({ login, role: 'write' });
  const lines: string[] = [];
  const engine = await startActions({
    github: host,
    patience: { interruptMs: 300, terminateMs: 300 },
    minuteMs: 1_000,
    onLine: ({ line }) => lines.push(line),
    ...options,
  });
  const alice = host.as('alice');
  const file = (path: string, text: string): void => void alice.push({ files: { [path]: text } });
  const latest = (): RunView => {
    const view = engine.runs.at(-1);
    if (view === undefined) throw new Error('nothing ran');
    return view;
  };
  return {
    host,
    engine,
    alice,
    bob: host.as('bob'),
    lines,
    file,
    workflow: (name, text) => file(`.github/workflows/${name}.yml`, text),
    latest,
    run: async (name, inputs = {}) => {
      await engine.idle();
      alice.dispatch(`${name}.yml`, { inputs });
      await engine.idle();
      return latest();
    },
    stop: async () => {
      await engine.stop();
      await host.stop();
      if (host.violations.length > 0) throw new Error(host.violations.join('\n'));
    },
  };
}

/** The job with this key, or this name. */
export function jobOf(run: RunView, name: string): JobView {
  const job = run.jobs.find((each) => each.key === name || each.name === name);
  if (job === undefined)
    throw new Error(`${run.name} has no job ${name}, only ${run.jobs.map((each) => each.name)}`);
  return job;
}

/** A workflow with a button and one job of the given steps. */
export function workflowOf(steps: string, job = ''): string {
  return [
    'on: workflow_dispatch',
    'jobs:',
    '  only:',
    '    runs-on: ubuntu-24.04',
    ...job
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `    ${line}`),
    '    steps:',
    ...steps.split('\n').map((line) => `      ${line}`),
    '',
  ].join('\n');
}
