/**
 * The GitHub side of the control room on a laptop: a stand-in for the API, a runner that executes the real workflow files, and
 * what the page shows and does with both.
 */
import { EventEmitter } from 'node:events';
import path from 'node:path';
import type { Sql } from 'postgres';
import { parse } from 'yaml';
import * as z from 'zod';
import { type GitHubStandIn, startGitHub } from './github/server.ts';
import { commitFiles, resolveCommit } from './github/state/commits.ts';
import { readFile } from './github/state/git-objects.ts';
import type { StoredReaction } from './github/state/issues.ts';
import { latestAttempt, type StoredRun } from './github/state/runs.ts';
import { refreshWorkflows } from './github/state/workflows.ts';
import { renderMarkdown } from './page/markdown.ts';
import type { PageAct, PageInput, PageIssue, PageRun, PageSource, PageWorkflow } from './page/state.ts';
import { type ActionsEngine, startActions } from './workflows/engine/start-actions.ts';
import { repositoryFiles } from './workflows/repository-files.ts';

/** A running GitHub side. */
export interface GitHubSide {
  readonly github: GitHubStandIn;
  readonly engine: ActionsEngine;
  readonly page: PageSource;
  /** Takes the working tree as it is now as the next commit of main. */
  readonly commit: () => void;
  readonly stop: () => Promise<void>;
}

const OWNER = 'local';
const REPOSITORY = 'control-room';
/** Who the person at the page is. */
const PERSON = 'you';
const ENVIRONMENT = 'local';
/** A workflow that can work here names the connection string of this machine. */
const LOCAL_CONNECTION = 'OPSROOM_LOCAL_DATABASE_URL';
const SHOWN = { runs: 30, issues: 50, comments: 50, logLines: 2_000 };

/** Starts it on 127.0.0.1. */
export async function startGitHubSide(options: {
  readonly root: string;
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** The Management API of this machine, for checks that ask it. */
  readonly supabase: { readonly apiUrl: string; readonly accessToken: string };
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
  const commit = () => commitTree(github, root);
  commit();
  const watch = `${ENVIRONMENT}-watch`;
  const secrets = {
    [LOCAL_CONNECTION]: options.databaseUrl,
    SUPABASE_ACCESS_TOKEN: options.supabase.accessToken,
  };
  github.settle({
    environments: { [watch]: { secrets: Object.keys(secrets) } },
    variables: { OPS_ENVIRONMENTS: JSON.stringify([ENVIRONMENT]) },
    workflows: Object.fromEntries(
      workflowTexts(github)
        .filter(({ text }) => !text.includes(LOCAL_CONNECTION))
        .map(({ file }) => [file, 'disabled_manually'] as const),
    ),
  });
  const changes = new EventEmitter<{ change: [] }>().setMaxListeners(50);
  const tell = () => changes.emit('change');
  const lines = new Map<number, string[]>();
  const engine = await startActions({
    github,
    secrets: { environments: { [watch]: secrets } },
    machine: { SUPABASE_API_URL: options.supabase.apiUrl },
    variables: { repository: { OPS_ENVIRONMENTS: JSON.stringify([ENVIRONMENT]) } },
    onLine: ({ runId, job, line }) => {
      const kept = lines.get(runId) ?? [];
      if (kept.length < SHOWN.logLines) kept.push(`${job}: ${line}`);
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
        workflows: workflowsOf(github),
      }),
      log: (run, from) => (lines.get(run) ?? []).slice(from),
      perform: (act) => perform(github, act),
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

/** The stand-in begins empty at every start: numbers of issues that were there lead nowhere. */
async function forgetFormerIssues(sql: Sql): Promise<void> {
  const [{ there } = { there: false }] = await sql<{ there: boolean }[]>`
    select to_regclass('ops.alert_issues') is not null as there`;
  if (!there) return;
  await sql`
    update ops.alerts set issue_id = null, issue_number = null, issue_repository = null where issue_id is not null`;
  await sql`delete from ops.alert_issues`;
}

function commitTree(github: GitHubStandIn, root: string): void {
  const needed = /^(?:\.github|actions|runbooks|migrations|functions)\/|^package\.json$/;
  commitFiles(github.store, {
    branch: 'main',
    files: repositoryFiles(root, (file) => needed.test(file)),
    login: PERSON,
  });
  refreshWorkflows(github.store);
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

function perform(github: GitHubStandIn, act: PageAct): void {
  const you = github.as(PERSON);
  switch (act.act) {
    case 'comment':
      you.comment(act.issue, act.body);
      return;
    case 'close':
      you.closeIssue(act.issue);
      return;
    case 'reopen':
      you.reopenIssue(act.issue);
      return;
    case 'dispatch':
      you.dispatch(act.workflow, { inputs: act.inputs });
      return;
    case 'approve':
      you.approve(act.run, { environments: [act.environment] });
      return;
    case 'reject':
      you.reject(act.run, { environments: [act.environment] });
      return;
    case 'cancel':
      you.cancel(act.run);
      return;
    case 'rerun':
      you.rerun(act.run);
  }
}

function issuesOf({ store }: GitHubStandIn): PageIssue[] {
  const newest = [...store.issues.values()].filter(({ pullRequest }) => pullRequest === null).reverse();
  return newest.slice(0, SHOWN.issues).map((issue) => ({
    number: issue.number,
    title: issue.title,
    author: issue.author,
    isOpen: issue.state === 'open',
    labels: issue.labels,
    assignees: issue.assignees,
    at: issue.createdAt.toISOString(),
    html: renderMarkdown(issue.body ?? ''),
    comments: [...store.comments.values()]
      .filter((comment) => comment.issue === issue.number)
      .slice(-SHOWN.comments)
      .map((comment) => ({
        id: comment.id,
        author: comment.author,
        isBot: comment.author.endsWith('[bot]'),
        at: comment.createdAt.toISOString(),
        html: renderMarkdown(comment.body),
        reactions: reactionsOf(store.reactions.values(), comment.id),
      })),
  }));
}

function reactionsOf(all: Iterable<StoredReaction>, comment: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { subject, content } of all) {
    if ('comment' in subject && subject.comment === comment) counts[content] = (counts[content] ?? 0) + 1;
  }
  return counts;
}

function runsOf(github: GitHubStandIn): PageRun[] {
  return github.runs
    .all()
    .slice(-SHOWN.runs)
    .reverse()
    .map((run) => runOf(run));
}

function runOf(run: StoredRun): PageRun {
  const attempt = latestAttempt(run);
  return {
    id: run.id,
    workflow: run.name,
    title: run.displayTitle,
    event: run.event,
    status: attempt.status,
    conclusion: attempt.conclusion,
    at: run.createdAt.toISOString(),
    attempt: attempt.number,
    waitsFor: attempt.jobs.flatMap(({ status, environment }) =>
      status === 'waiting' && environment !== null ? [environment] : [],
    ),
    jobs: attempt.jobs.map(({ id, name, status, conclusion, steps }) => ({
      id,
      name,
      status,
      conclusion,
      steps: steps.map((step) => ({ name: step.name, status: step.status, conclusion: step.conclusion })),
    })),
  };
}

const Dispatch = z.object({
  inputs: z
    .record(
      z.string(),
      z.looseObject({
        description: z.string().default(''),
        type: z.enum(['string', 'boolean', 'choice', 'number', 'environment']).default('string'),
        required: z.boolean().default(false),
        default: z.union([z.string(), z.number(), z.boolean()]).default(''),
        options: z.array(z.string()).default([]),
      }),
    )
    .nullish(),
});
const WorkflowFile = z.looseObject({
  name: z.string().optional(),
  on: z.looseObject({
    schedule: z.array(z.looseObject({ cron: z.string() })).default([]),
    workflow_dispatch: Dispatch.nullish(),
  }),
});

function workflowTexts({ store }: GitHubStandIn): { readonly file: string; readonly text: string }[] {
  const tree = resolveCommit(store, 'main')?.tree ?? '';
  return [...store.workflows.values()].map((workflow) => ({
    file: path.posix.basename(workflow.path),
    text: readFile(store, tree, workflow.path) ?? '',
  }));
}

/** Workflows that can work on this machine. */
function workflowsOf(github: GitHubStandIn): PageWorkflow[] {
  return workflowTexts(github)
    .filter(({ text }) => text.includes(LOCAL_CONNECTION))
    .flatMap(({ file, text }) => {
      const parsed = WorkflowFile.safeParse(parse(text));
      if (!parsed.success) return [];
      const { name = file, on } = parsed.data;
      const hasButton = 'workflow_dispatch' in on;
      const inputs = Object.entries(on.workflow_dispatch?.inputs ?? {}).map(
        ([key, input]): PageInput => ({
          name: key,
          description: input.description,
          type: input.type,
          required: input.required,
          default: input.options.includes(ENVIRONMENT) ? ENVIRONMENT : String(input.default),
          options: input.options,
        }),
      );
      return [
        { file, name, schedules: on.schedule.map(({ cron }) => cron), inputs: hasButton ? inputs : null },
      ];
    });
}
