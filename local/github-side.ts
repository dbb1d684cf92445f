/**
 * The GitHub side of the control room on a laptop: a stand-in for the API, a runner that executes the real workflow files, and
 * what the page shows and does with both.
 */
import { EventEmitter } from 'node:events';
import type { Sql } from 'postgres';
import { type GitHubStandIn, startGitHub } from './github/server.ts';
import { commitFiles } from './github/state/commits.ts';
import { refreshWorkflows } from './github/state/workflows.ts';
import {
  issuesOf,
  LOCAL_CONNECTION,
  performAct,
  RECORD_BUILD_URL,
  runsOf,
  SHOWN,
  workflowsOf,
  workflowTexts,
  worksHere,
} from './github-page.ts';
import type { PageSource } from './page/state.ts';
import { type ActionsEngine, startActions } from './workflows/engine/start-actions.ts';
import { repositoryFiles } from './workflows/repository-files.ts';

/** A running GitHub side. */
export interface GitHubSide {
  readonly github: GitHubStandIn;
  readonly engine: ActionsEngine;
  readonly page: PageSource;
  /** Takes the working tree as it is now as the next commit of main. */
  readonly commit: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const OWNER = 'local';
const REPOSITORY = 'control-room';
/** Who the person at the page is. */
const PERSON = 'you';
const ENVIRONMENT = 'local';
/** Kept of the log of each run that is shown. */
const LOG_LINES = 2_000;

/** Starts it on 127.0.0.1. */
export async function startGitHubSide(options: {
  readonly root: string;
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** The Management API of this machine, for checks that ask it. */
  readonly supabase: { readonly apiUrl: string; readonly accessToken: string };
  /** Where runs record themselves. */
  readonly recordBuildUrl: string;
  readonly port?: number;
  readonly log: (line: string) => void;
}): Promise<GitHubSide> {
  const { root, sql } = options;
  const github = await startGitHub({
    owner: OWNER,
    repo: REPOSITORY,
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  github.addUser({ login: PERSON, role: 'admin' });
  await forgetFormerIssues(sql);
  const commit = async (): Promise<void> => commitTree(github, root, await branchesBuilt(sql));
  await commit();
  const watch = `${ENVIRONMENT}-watch`;
  const secrets = {
    [LOCAL_CONNECTION]: options.databaseUrl,
    SUPABASE_ACCESS_TOKEN: options.supabase.accessToken,
  };
  const variables = {
    OPS_ENVIRONMENTS: JSON.stringify([ENVIRONMENT]),
    [RECORD_BUILD_URL]: options.recordBuildUrl,
  };
  github.settle({
    environments: {
      [watch]: { secrets: Object.keys(secrets) },
      // As docs/github.md sets them up: builds reach production when somebody says yes.
      staging: {},
      production: { reviewers: [{ user: PERSON }], branches: ['main'] },
    },
    variables,
    workflows: Object.fromEntries(
      workflowTexts(github)
        .filter(({ text }) => !worksHere(text))
        .map(({ file }) => [file, 'disabled_manually'] as const),
    ),
  });
  const changes = new EventEmitter<{ change: [] }>().setMaxListeners(50);
  const tell = () => changes.emit('change');
  const lines = new Map<number, string[]>();
  const engine = await startActions({
    github,
    secrets: { environments: { [watch]: secrets } },
    machine: { ...wayOut(process.env), SUPABASE_API_URL: options.supabase.apiUrl },
    variables: { repository: variables },
    onLine: ({ runId, job, line }) => {
      const kept = lines.get(runId) ?? [];
      if (kept.length < LOG_LINES) kept.push(`${job}: ${line}`);
      lines.set(runId, kept);
      for (const old of [...lines.keys()].slice(0, -SHOWN.runs)) lines.delete(old);
      tell();
    },
  });
  const stopHearing = github.onEvent(tell);
  const clock = everyMinute(() => {
    engine.tick(new Date()).then(tell, (error: unknown) => options.log(`schedules: ${String(error)}`));
  });
  return {
    github,
    engine,
    page: {
      read: () => ({
        repository: `${OWNER}/${REPOSITORY}`,
        person: PERSON,
        at: new Date().toISOString(),
        issues: issuesOf(github),
        runs: runsOf(github),
        workflows: workflowsOf(github, ENVIRONMENT),
      }),
      log: (run, from) => (lines.get(run) ?? []).slice(from),
      perform: (act) => performAct(github, PERSON, act),
      onChange: (changed) => {
        changes.on('change', changed);
        return () => changes.off('change', changed);
      },
    },
    commit,
    stop: async () => {
      clock();
      stopHearing();
      await engine.stop();
      await github.stop();
    },
  };
}

/** How this machine reaches the internet; whoever runs a runner behind a proxy sets it the same. */
const WAY_OUT =
  /^(?:https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(?:file|dir)|npm_config_(?:cafile|registry))$/i;

function wayOut(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      WAY_OUT.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/** The stand-in begins empty at every start: numbers of issues that were there lead nowhere. */
async function forgetFormerIssues(sql: Sql): Promise<void> {
  const [{ there } = { there: false }] = await sql<{ there: boolean }[]>`
    select to_regclass('ops.alert_issues') is not null as there`;
  if (!there) return;
  await sql`
    update ops.alerts set issue_id = null, issue_number = null, issue_repository = null where issue_id is not null`;
  await sql`delete from ops.alert_issues`;
}

function commitTree(github: GitHubStandIn, root: string, branches: readonly string[]): void {
  // Everything a build of it needs.
  const needed = /^(?!test\/|bench\/|docs\/)/;
  commitFiles(github.store, {
    branch: 'main',
    files: repositoryFiles(root, (file) => needed.test(file)),
    login: PERSON,
  });
  // Branches that runbooks/projects/ wants built are here all what the working tree is.
  const main = github.store.branches.get('main');
  if (main !== undefined) for (const branch of branches) github.store.branches.set(branch, main);
  refreshWorkflows(github.store);
}

async function branchesBuilt(sql: Sql): Promise<readonly string[]> {
  const [{ there } = { there: false }] = await sql<{ there: boolean }[]>`
    select to_regprocedure('ops.repository_name(text)') is not null as there`;
  if (!there) return [];
  const rows = await sql<{ name: string }[]>`
    select h.name
    from ops.branches h
    join ops.projects p on p.id = h.project_id
    where lower(ops.repository_name(p.repo_url)) = ${`${OWNER}/${REPOSITORY}`} and h.archived_at is null`;
  return rows.map(({ name }) => name);
}

/** Calls at the beginning of each minute. @returns how to stop */
function everyMinute(call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(
      () => {
        call();
        wait();
      },
      60_000 - (Date.now() % 60_000) + 50,
    );
  };
  wait();
  return () => clearTimeout(timer);
}
