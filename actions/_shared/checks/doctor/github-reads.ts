/** What GitHub says of a repository's settings. Each question may be refused, and a refusal is an answer. */
import * as z from 'zod';
import type { GitHubClient } from '../../github/client.ts';
import type { ClockReading } from './clocks.ts';
import { ask } from './github-answer.ts';

const Repository = z.object({
  default_branch: z.string(),
  private: z.boolean(),
  archived: z.boolean(),
  has_issues: z.boolean(),
  permissions: z.object({ admin: z.boolean(), push: z.boolean() }).optional(),
});
export type Repository = z.infer<typeof Repository>;

const ProtectionRule = z.looseObject({
  type: z.string(),
  wait_timer: z.number().optional(),
  prevent_self_review: z.boolean().optional(),
  reviewers: z.array(z.unknown()).optional(),
});
const RepositoryEnvironment = z.object({
  name: z.string(),
  can_admins_bypass: z.boolean().optional(),
  protection_rules: z.array(ProtectionRule).default([]),
  deployment_branch_policy: z
    .object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
    .nullish(),
});
export type RepositoryEnvironment = z.infer<typeof RepositoryEnvironment>;

const Names = z.array(z.object({ name: z.string() }));
const BranchProtection = z.looseObject({
  required_pull_request_reviews: z.unknown().optional(),
  required_status_checks: z.looseObject({ contexts: z.array(z.string()).default([]) }).nullish(),
  allow_force_pushes: z.object({ enabled: z.boolean() }).optional(),
});
const BranchRules = z.array(
  z.looseObject({
    type: z.string(),
    parameters: z
      .looseObject({ required_status_checks: z.array(z.object({ context: z.string() })).optional() })
      .optional(),
  }),
);

/** What guards a branch, whether by a ruleset or the old way. */
export interface BranchGuards {
  readonly pullRequests: boolean;
  readonly checks: readonly string[];
  readonly forcePushesRefused: boolean;
}

const Workflow = z.object({
  id: z.number(),
  path: z.string(),
  state: z.string(),
  created_at: z.coerce.date(),
});
export type Workflow = z.infer<typeof Workflow>;
const Run = z.object({ created_at: z.coerce.date(), conclusion: z.string().nullable() });
export type ScheduledRun = z.infer<typeof Run>;

/** The repository, the clock of GitHub, and the scopes of a classic token (null for other kinds). */
export async function readRepository({ octokit, owner, repo }: GitHubClient): Promise<{
  readonly repository: Repository;
  readonly clock: ClockReading | null;
  readonly scopes: readonly string[] | null;
}> {
  const before = Date.now();
  const { data, headers } = await octokit.rest.repos.get({ owner, repo });
  const hereAt = (before + Date.now()) / 2;
  const at = Date.parse(String(headers.date ?? ''));
  const scopes = headers['x-oauth-scopes'];
  return {
    repository: Repository.parse(data),
    // The header counts whole seconds.
    clock: Number.isNaN(at) ? null : { at: at + 500, hereAt, roughMs: 500 + (Date.now() - before) / 2 },
    scopes:
      typeof scopes === 'string'
        ? scopes
            .split(',')
            .map((scope) => scope.trim())
            .filter((scope) => scope !== '')
        : null,
  };
}

export async function readEnvironment(
  { octokit, owner, repo }: GitHubClient,
  name: string,
): Promise<RepositoryEnvironment> {
  const answer = await octokit.rest.repos.getEnvironment({ owner, repo, environment_name: name });
  return RepositoryEnvironment.parse(answer.data);
}

/** Patterns of branches that may deploy to an environment. */
export async function readBranchPolicies(
  { octokit, owner, repo }: GitHubClient,
  name: string,
): Promise<readonly string[]> {
  const answer = await octokit.rest.repos.listDeploymentBranchPolicies({
    owner,
    repo,
    environment_name: name,
  });
  return Names.parse(answer.data.branch_policies).map((policy) => policy.name);
}

export async function readEnvironmentSecrets(
  { octokit, owner, repo }: GitHubClient,
  name: string,
): Promise<readonly string[]> {
  const found: unknown = await octokit.paginate(octokit.rest.actions.listEnvironmentSecrets, {
    owner,
    repo,
    environment_name: name,
    per_page: 100,
  });
  return Names.parse(found).map((secret) => secret.name);
}

/** Secrets every branch can reach: those of the repository and of its organisation. */
export async function readRepositorySecrets({ octokit, owner, repo }: GitHubClient): Promise<{
  readonly repository: readonly string[];
  readonly organization: readonly string[];
}> {
  const own: unknown = await octokit.paginate(octokit.rest.actions.listRepoSecrets, {
    owner,
    repo,
    per_page: 100,
  });
  const shared = await ask(
    async (): Promise<unknown> =>
      await octokit.paginate(octokit.rest.actions.listRepoOrganizationSecrets, {
        owner,
        repo,
        per_page: 100,
      }),
  );
  return {
    repository: Names.parse(own).map(({ name }) => name),
    organization: shared.kind === 'seen' ? Names.parse(shared.value).map(({ name }) => name) : [],
  };
}

/** Rulesets first, which anybody may read; the old protection beside them, which only admins may. */
export async function readBranchGuards(
  { octokit, owner, repo }: GitHubClient,
  branch: string,
): Promise<BranchGuards> {
  const rules = BranchRules.parse(
    (await octokit.rest.repos.getBranchRules({ owner, repo, branch, per_page: 100 })).data,
  );
  const old = await ask(async () =>
    BranchProtection.parse((await octokit.rest.repos.getBranchProtection({ owner, repo, branch })).data),
  );
  if (old.kind === 'refused' && rules.length === 0) throw new BranchHidden(old.why);
  const protection = old.kind === 'seen' ? old.value : null;
  return {
    pullRequests:
      rules.some(({ type }) => type === 'pull_request') ||
      (protection?.required_pull_request_reviews ?? null) !== null,
    checks: [
      ...rules.flatMap(({ parameters }) =>
        (parameters?.required_status_checks ?? []).map(({ context }) => context),
      ),
      ...(protection?.required_status_checks?.contexts ?? []),
    ],
    forcePushesRefused:
      rules.some(({ type }) => type === 'non_fast_forward') ||
      (protection !== null && protection.allow_force_pushes?.enabled !== true),
  };
}

/** No ruleset is in sight, and the old protection is not ours to see. */
export class BranchHidden extends Error {
  override readonly name = 'BranchHidden';
}

export async function readWorkflows({ octokit, owner, repo }: GitHubClient): Promise<readonly Workflow[]> {
  const found: unknown = await octokit.paginate(octokit.rest.actions.listRepoWorkflows, {
    owner,
    repo,
    per_page: 100,
  });
  return z.array(Workflow).parse(found);
}

/** The last run a schedule started; null when there never was one. */
export async function readLastScheduledRun(
  { octokit, owner, repo }: GitHubClient,
  workflow: number,
): Promise<ScheduledRun | null> {
  const { data } = await octokit.rest.actions.listWorkflowRuns({
    owner,
    repo,
    workflow_id: workflow,
    event: 'schedule',
    per_page: 1,
  });
  return z.array(Run).parse(data.workflow_runs)[0] ?? null;
}

const WorkflowPermissions = z.object({
  default_workflow_permissions: z.enum(['read', 'write']),
  can_approve_pull_request_reviews: z.boolean(),
});
export type WorkflowPermissions = z.infer<typeof WorkflowPermissions>;

export async function readWorkflowPermissions({
  octokit,
  owner,
  repo,
}: GitHubClient): Promise<WorkflowPermissions> {
  const answer = await octokit.rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository({
    owner,
    repo,
  });
  return WorkflowPermissions.parse(answer.data);
}

const ActionsPermissions = z.object({ enabled: z.boolean(), allowed_actions: z.string().optional() });

export async function readActionsPermissions({
  octokit,
  owner,
  repo,
}: GitHubClient): Promise<z.infer<typeof ActionsPermissions>> {
  const answer = await octokit.rest.actions.getGithubActionsPermissionsRepository({ owner, repo });
  return ActionsPermissions.parse(answer.data);
}
