import * as z from 'zod';
import type { GitHubClient } from './client.ts';

/** A run of a workflow, as far as we look at it. */
export const WorkflowRun = z
  .object({
    id: z.number(),
    path: z.string(),
    event: z.string(),
    status: z.string().nullable(),
    conclusion: z.string().nullable(),
    head_branch: z.string().nullable(),
    created_at: z.coerce.date(),
    html_url: z.string(),
  })
  .transform((run) => ({
    id: run.id,
    // `.github/workflows/a.yml@refs/heads/main` where GitHub says which version ran.
    file: (run.path.split('@')[0] ?? run.path).replace('.github/workflows/', ''),
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    branch: run.head_branch,
    createdAt: run.created_at,
    url: run.html_url,
  }));
export type WorkflowRun = z.infer<typeof WorkflowRun>;

const Runs = z.object({ workflow_runs: z.array(WorkflowRun) });

/** The newest runs of all workflows, or of one file, newest first: one page of a hundred at most. */
export async function listWorkflowRuns(
  { octokit, owner, repo }: GitHubClient,
  { file, limit = 100 }: { readonly file?: string; readonly limit?: number } = {},
): Promise<WorkflowRun[]> {
  const page = { owner, repo, per_page: limit };
  const answer: unknown = (
    file === undefined
      ? await octokit.rest.actions.listWorkflowRunsForRepo(page)
      : await octokit.rest.actions.listWorkflowRuns({ ...page, workflow_id: file })
  ).data;
  return Runs.parse(answer).workflow_runs;
}

const Workflows = z.object({
  workflows: z.array(
    z
      .object({ path: z.string(), state: z.string() })
      .transform(({ path, state }) => ({ file: path.replace('.github/workflows/', ''), state })),
  ),
});

/** Whether each workflow is switched on: `active`, `disabled_manually`, `disabled_inactivity`, ... A hundred at most. */
export async function listWorkflowStates({
  octokit,
  owner,
  repo,
}: GitHubClient): Promise<ReadonlyMap<string, string>> {
  const answer: unknown = (await octokit.rest.actions.listRepoWorkflows({ owner, repo, per_page: 100 })).data;
  return new Map(Workflows.parse(answer).workflows.map(({ file, state }) => [file, state]));
}
