/**
 * Everything a workflow of ours meets, for tests: a real database, the stand-in of GitHub with this repository's files on
 * main, and the engine that runs the real files of .github/workflows. See docs of {@link startWorkflowWorld}.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { z } from 'zod';
import { RunRecord } from '../../actions/_shared/io/run-record.ts';
import type { Person } from '../../local/github/people/person.ts';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { commitFiles, resolveCommit } from '../../local/github/state/commits.ts';
import type { EnvironmentSettings } from '../../local/github/state/environments.ts';
import { readFile } from '../../local/github/state/git-objects.ts';
import { refreshWorkflows } from '../../local/github/state/workflows.ts';
import type { JobView, RunView, Values } from '../../local/workflows/engine/session.ts';
import {
  type ActionsEngine,
  type ActionsOptions,
  startActions,
} from '../../local/workflows/engine/start-actions.ts';
import { repositoryFiles } from '../../local/workflows/repository-files.ts';
import { root } from '../contract/action-metadata.ts';
import { bareDatabase, createTestDatabase, type TestDatabase } from './database.ts';

/** How a world differs from the usual one. */
export interface WorldOptions {
  /** `import.meta.url` of the test. */
  readonly file: string;
  /** With our migrations (default), or without. */
  readonly database?: 'migrated' | 'bare';
  /** Files other than in this repository: text puts one there, null takes it away. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** Secrets of every environment beside the connections. */
  readonly secrets?: Values;
  /** Secrets of single environments, over all others. */
  readonly environmentSecrets?: Readonly<Record<string, Values>>;
  /** Protection of environments; without it none has any. */
  readonly environments?: Readonly<Record<string, EnvironmentSettings>>;
  /** Of the engine: parallel jobs, onLine, permit, minuteMs, ... */
  readonly engine?: Partial<Omit<ActionsOptions, 'github'>>;
}

/** A repository that lives. */
export interface WorkflowWorld {
  readonly database: TestDatabase;
  readonly github: GitHubStandIn;
  readonly engine: ActionsEngine;
  /** Secrets by environment, read when a job starts: change them at will. */
  readonly secrets: Record<string, Record<string, string>>;
  /** Administrator. */
  readonly alice: Person;
  /** May write. */
  readonly bob: Person;
  /** May read only. */
  readonly mallory: Person;
  /** What a file on main says. */
  readonly text: (file: string) => string;
  /** Changes files on main without telling anybody: no workflow starts. */
  readonly change: (files: Readonly<Record<string, string | null>>) => void;
  /** Replaces text in a file on main, silently; fails when it is not there. */
  readonly edit: (file: string, from: string | RegExp, to: string) => void;
  /** Alice merges: the push starts what it starts. Resolves when all is over. */
  readonly merge: (files: Readonly<Record<string, string | null>>) => Promise<RunView[]>;
  /** The schedule of a workflow comes round. */
  readonly tick: (file: string) => Promise<RunView[]>;
  /** Somebody presses a button. */
  readonly dispatch: (
    file: string,
    inputs?: Readonly<Record<string, string | boolean>>,
    by?: Person,
  ) => Promise<RunView>;
  /** Does something, and waits until nothing goes on. @returns the runs it started */
  readonly after: (act: () => unknown) => Promise<RunView[]>;
  /** Has something else ended with the world, before its database goes. */
  readonly beforeStop: (end: () => Promise<unknown>) => void;
  readonly stop: () => Promise<void>;
}

const LANES = ['staging', 'production'] as const;
const KINDS = ['', '-plan', '-watch'] as const;

/**
 * Starts a world. Its bundle is the committed `actions/dist`, unless OPSROOM_TEST_BUNDLE=sources: then it is made from the
 * sources as they are, in half a second.
 *
 *     const world = await startWorkflowWorld({ file: import.meta.url });
 *     const [run] = await world.tick('drift.yml');
 *     expect(run?.conclusion, logOf(run)).toBe('success');
 */
export async function startWorkflowWorld(options: WorldOptions): Promise<WorkflowWorld> {
  const open = options.database === 'bare' ? bareDatabase : createTestDatabase;
  const database = await open(options.file);
  const github = await startGitHub({ owner: 'acme', repo: 'ops' });
  github.addUser({ login: 'alice', role: 'admin' });
  github.addUser({ login: 'bob', role: 'write' });
  github.addUser({ login: 'mallory', role: 'read' });
  const { store } = github;
  commitFiles(store, { branch: 'main', files: { ...(await baseFiles()), ...options.files }, login: 'alice' });
  refreshWorkflows(store);
  const secrets = environmentSecrets(database.url, options);
  github.settle({ environments: { ...environmentNames(secrets), ...options.environments } });
  const { engine: engineOptions = {} } = options;
  const engine = await startActions({ github, secrets: { environments: secrets }, ...engineOptions });

  const change = (files: Readonly<Record<string, string | null>>): void => {
    commitFiles(store, { branch: 'main', files, login: 'alice' });
    refreshWorkflows(store);
  };
  const text = (file: string): string => {
    const found = readFile(store, resolveCommit(store, 'main')?.tree ?? '', file);
    if (found === null) throw new Error(`main has no ${file}`);
    return found;
  };
  const after = async (act: () => unknown): Promise<RunView[]> => {
    await engine.idle();
    const before = engine.runs.length;
    await act();
    await engine.idle();
    return engine.runs.slice(before);
  };
  const alice = github.as('alice');
  const ends: (() => Promise<unknown>)[] = [];
  return {
    database,
    github,
    engine,
    secrets,
    alice,
    bob: github.as('bob'),
    mallory: github.as('mallory'),
    text,
    change,
    edit: (file, from, to) => {
      const old = text(file);
      const changed = old.replace(from, to);
      if (changed === old) throw new Error(`${file} does not say ${from}`);
      change({ [file]: changed });
    },
    merge: (files) => after(() => alice.push({ files })),
    tick: (file) => after(() => engine.tick(file)),
    dispatch: async (file, inputs = {}, by = alice) => {
      const [run] = await after(() => by.dispatch(file, { inputs }));
      if (run === undefined) throw new Error(`${file} did not start`);
      return run;
    },
    after,
    beforeStop: (end) => void ends.push(end),
    stop: async () => {
      await engine.stop();
      for (const end of ends.splice(0).reverse()) await end();
      await github.stop();
      await database.drop();
    },
  };
}

/** The job with this key or name. */
export function jobOf(run: RunView | undefined, name?: string): JobView {
  const job = run?.jobs.find((each) => name === undefined || each.key === name || each.name === name);
  if (job === undefined) throw new Error(`no job ${name} among ${run?.jobs.map((each) => each.name)}`);
  return job;
}

/** Everything the jobs of a run wrote: what to show when an expectation fails. */
export function logOf(run: RunView | undefined): string {
  if (run === undefined) return 'nothing ran';
  const jobs = run.jobs.map((job) => `--- ${job.name}: ${job.conclusion}\n${job.log()}`);
  return [`${run.name}: ${run.conclusion} ${run.reason}`, ...jobs].join('\n');
}

/** The result record of our action in a job. */
export function recordOf(run: RunView | undefined, name?: string): RunRecord {
  const results = Object.values(jobOf(run, name).stepContext).flatMap((step) => {
    const { data } = Step.safeParse(step);
    return data === undefined ? [] : [data.outputs.result];
  });
  const [result] = results;
  if (result === undefined) throw new Error(`no result in ${logOf(run)}`);
  return RunRecord.parse(JSON.parse(result));
}

const Step = z.object({ outputs: z.object({ result: z.string() }) });

/** Everything people or the database could see of runs: to look for what nobody may see. */
export function visibleOf(runs: readonly RunView[]): string {
  return runs
    .flatMap((run) => run.jobs)
    .map((job) => [job.log(), job.summary, JSON.stringify([job.outputs, job.annotations])].join('\n'))
    .join('\n');
}

// Without ci.yml, which tests the repository itself and wants a container.
const TAKEN =
  /^(\.github\/workflows\/(?!ci\.yml)|runbooks\/|migrations\/|functions\/)|^actions\/([^_].*\.(yml|js)$|dist\/)/;

let files: Promise<Record<string, string | Buffer>> | undefined;

/** What workflows need of this repository; read once. */
function baseFiles(): Promise<Record<string, string | Buffer>> {
  files ??= (async () => {
    const all = repositoryFiles(root, (file) => TAKEN.test(file));
    if (process.env.OPSROOM_TEST_BUNDLE !== 'sources') return all;
    const kept = Object.entries(all).filter(([file]) => !file.startsWith('actions/dist/'));
    return { ...Object.fromEntries(kept), ...(await bundleOfSources()) };
  })();
  return files;
}

/** libpg-query reads its WebAssembly beside itself, so it stays where npm put it. */
const PARSER_STAYS: Plugin = {
  name: 'parser-stays',
  setup: (setup) => {
    setup.onResolve({ filter: /^libpg-query$/ }, () => ({
      path: import.meta.resolve('libpg-query'),
      external: true,
    }));
  },
};

/** A bundle of the sources as they are: not the one that is committed, but quickly made. */
async function bundleOfSources(): Promise<Record<string, Buffer>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-bundle-'));
  try {
    await build({
      entryPoints: [path.join(root, 'actions/entries.ts')],
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      outdir: folder,
      entryNames: 'index',
      logLevel: 'error',
      plugins: [PARSER_STAYS],
      banner: {
        js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;",
      },
    });
    return Object.fromEntries(
      Object.entries(repositoryFiles(folder)).map(([name, content]) => [`actions/dist/${name}`, content]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function environmentSecrets(url: string, options: WorldOptions): Record<string, Record<string, string>> {
  const names = LANES.flatMap((lane) => KINDS.map((kind) => ({ lane, name: `${lane}${kind}` })));
  return Object.fromEntries(
    names.map(({ lane, name }) => [
      name,
      {
        [`OPS_${lane.toUpperCase()}_DATABASE_URL`]: url,
        ...options.secrets,
        ...options.environmentSecrets?.[name],
      },
    ]),
  );
}

function environmentNames(secrets: Readonly<Record<string, Values>>): Record<string, EnvironmentSettings> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, values]) => [name, { secrets: Object.keys(values) }]),
  );
}
