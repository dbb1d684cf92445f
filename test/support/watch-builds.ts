/** What tests of builds do and ask: triggers, rounds of dispatching, and what stands in the database and on GitHub. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { BuildStatus } from '../../actions/_shared/builds/reading/build.ts';
import { sourceOf } from '../../actions/release-bundle/release.ts';
import { resolveCommit } from '../../local/github/state/commits.ts';
import { readFile } from '../../local/github/state/git-objects.ts';
import { latestAttempt, type StoredRun } from '../../local/github/state/runs.ts';
import type { RunView } from '../../local/workflows/engine/session.ts';
import type { WorkflowWorld } from './workflow-world.ts';

/** A build as the database has it. */
export interface KnownBuild {
  readonly status: BuildStatus;
  readonly error: string | null;
  readonly environment_url: string | null;
  readonly commit_sha: string | null;
}

/** What other repositories get from an environment. */
export interface Released {
  /** Commit it was made of. */
  readonly source: string | null;
  /** A file of its bundle. */
  readonly stamp: string | null;
  /** A workflow file; none may be there. */
  readonly workflow: string | null;
}

/** Eyes and hands for the builds of a world. */
export interface BuildWatch {
  /** Somebody asks for a build. @returns its id */
  readonly trigger: (project: string, branch: string) => Promise<string>;
  /** The button of dispatch-builds.yml: what waits becomes runs. */
  readonly dispatchRound: () => void;
  /** Runs that carry the id of a build in their name. */
  readonly runsOf: (build: string) => StoredRun[];
  /** The one run of a build, as the engine knows it; fails when there are several. */
  readonly runOf: (build: string) => RunView | undefined;
  readonly waitsForApproval: (build: string) => boolean;
  /** Resolves once a line of the build's log says this. */
  readonly hasLine: (build: string, message: string) => Promise<void>;
  readonly build: (id: string) => Promise<KnownBuild>;
  /** `staging success`, in the order in which they began. */
  readonly deployments: (build: string) => Promise<string[]>;
  /** The last state of each deployment of a commit to an environment on GitHub, oldest first. */
  readonly onGitHub: (environment: string, sha: string) => (string | undefined)[];
  readonly released: (environment: string) => Released | null;
}

/** Resolves when something holds; fails after a while. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it never came about: ${what}`);
    await sleep(30);
  }
}

/** Watches the builds of a world. */
export function watchBuilds({ alice, database, engine, github }: WorkflowWorld): BuildWatch {
  const { sql } = database;
  const { store } = github;
  const runsOf = (build: string): StoredRun[] =>
    github.runs.all().filter(({ displayTitle }) => displayTitle.includes(build));
  return {
    trigger: async (project, branch) => {
      const [row] = await sql<{ id: string }[]>`
        select ops.trigger_build(${project}, ${branch}, 'api', 'alice') as id`;
      return row?.id ?? '';
    },
    dispatchRound: () => void alice.dispatch('dispatch-builds.yml', { inputs: { environment: 'staging' } }),
    runsOf,
    runOf: (build) => {
      const [stored, ...others] = runsOf(build);
      expect(others).toEqual([]);
      return engine.runs.find(({ id }) => id === stored?.id);
    },
    waitsForApproval: (build) => runsOf(build).some((run) => latestAttempt(run).status === 'waiting'),
    hasLine: (build, message) =>
      until(`build ${build} says ${message}`, async () => {
        const rows = await sql`select 1 from ops.build_log_since(${build}) where message = ${message}`;
        return rows.length > 0;
      }),
    build: async (id) => {
      const [row] = await sql<KnownBuild[]>`
        select status, error, environment_url, commit_sha from ops.builds where id = ${id}`;
      if (row === undefined) throw new Error(`there is no build ${id}`);
      return { ...row };
    },
    deployments: async (build) => {
      const rows = await sql`
        select environment || ' ' || state as words from ops.deployments where build_id = ${build} order by id`;
      return rows.map(({ words }) => String(words));
    },
    onGitHub: (environment, sha) =>
      [...store.deployments.values()]
        .filter((each) => each.environment === environment && each.sha === sha)
        .map(({ statuses }) => statuses.at(-1)?.state),
    released: (environment) => {
      const commit = resolveCommit(store, `release/${environment}`);
      if (commit === null) return null;
      return {
        source: sourceOf(commit.message),
        stamp: readFile(store, commit.tree, 'actions/dist/stamp.txt'),
        workflow: readFile(store, commit.tree, '.github/workflows/build.yml'),
      };
    },
  };
}
