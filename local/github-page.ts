/** What the page shows of the stand-in of GitHub, and what a person does there. */
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { ScheduleReader } from '../actions/_shared/report/readable-schedule.ts';
import { scheduleReader } from '../actions/_shared/report/schedule-reader.ts';
import type { GitHubStandIn } from './github/server.ts';
import { resolveCommit } from './github/state/commits.ts';
import { readFile } from './github/state/git-objects.ts';
import type { StoredReaction } from './github/state/issues.ts';
import { latestAttempt, type StoredRun } from './github/state/runs.ts';
import { renderMarkdown } from './page/markdown.ts';
import type { PageAct, PageInput, PageIssue, PageRun, PageWorkflow } from './page/state.ts';

/** A workflow that can work here names the connection string of this machine, or records itself through the function. */
export const LOCAL_CONNECTION = 'OPSROOM_LOCAL_DATABASE_URL';
export const RECORD_BUILD_URL = 'OPS_RECORD_BUILD_URL';
/** The newest of each. */
export const SHOWN = { runs: 30, issues: 50, comments: 50 };

/** What a person does on the page. */
export function performAct(github: GitHubStandIn, person: string, act: PageAct): void {
  const you = github.as(person);
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

/** Issues, newest first. */
export function issuesOf({ store }: GitHubStandIn): PageIssue[] {
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

/** Runs, newest first. */
export function runsOf(github: GitHubStandIn): PageRun[] {
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

/** The workflow files of main. */
export function workflowTexts({ store }: GitHubStandIn): { readonly file: string; readonly text: string }[] {
  const tree = resolveCommit(store, 'main')?.tree ?? '';
  return [...store.workflows.values()].map((workflow) => ({
    file: path.posix.basename(workflow.path),
    text: readFile(store, tree, workflow.path) ?? '',
  }));
}

/** True for a workflow that can work on this machine. */
export function worksHere(text: string): boolean {
  return text.includes(LOCAL_CONNECTION) || text.includes(RECORD_BUILD_URL);
}

/** Workflows that can work on this machine, with their buttons; the environment is chosen where one may be. */
export function workflowsOf(github: GitHubStandIn, environment: string): PageWorkflow[] {
  const words = scheduleReader([], new Date()).schedules;
  return workflowTexts(github)
    .filter(({ text }) => worksHere(text))
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
          default: input.options.includes(environment) ? environment : String(input.default),
          options: input.options,
        }),
      );
      return [{ file, name, starts: startsOf(on, words), inputs: hasButton ? inputs : null }];
    });
}

type Events = z.infer<typeof WorkflowFile>['on'];

/** GitHub reads schedules in UTC. Other events by the names GitHub gives them. */
function startsOf(on: Events, words: ScheduleReader): string[] {
  const schedules = on.schedule.map(({ cron }) => {
    const said = words({ name: cron, source: cron, timezone: 'UTC' })?.words ?? cron;
    return said.includes('UTC') ? said : `${said} (UTC)`;
  });
  const events = Object.keys(on).filter((event) => event !== 'schedule' && event !== 'workflow_dispatch');
  return [...schedules, ...events.map((event) => `on ${event.replaceAll('_', ' ')}`)];
}
