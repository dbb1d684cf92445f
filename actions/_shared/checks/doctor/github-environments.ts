/** The environments of GitHub that jobs wait for and get their secrets from: who may use them, and after whose yes. */
import type { EnvironmentDeclaration } from '../../declare/model.ts';
import type { GitHubClient } from '../../github/client.ts';
import { type Answer, ask } from './github-answer.ts';
import { lookAtOpenSecrets, lookAtSecrets, type OpenSecrets } from './github-environment-secrets.ts';
import {
  type RepositoryEnvironment,
  readBranchPolicies,
  readEnvironment,
  readEnvironmentSecrets,
} from './github-reads.ts';
import { type DoctorItem, itemsOf, judged, listed, type Trouble } from './item.ts';
import { type EnvironmentUse, environmentUses, type WorkflowFile } from './workflow-files.ts';

const github = itemsOf('github');

interface Surroundings {
  readonly environments: readonly EnvironmentDeclaration[];
  readonly workflows: readonly WorkflowFile[];
  readonly secrets: OpenSecrets;
  /** The default branch. */
  readonly branch: string;
}

/** Protection and secrets of every environment the workflows use. */
export async function lookAtGitHubEnvironments(
  client: GitHubClient,
  around: Surroundings,
): Promise<readonly DoctorItem[]> {
  const targets = around.environments.flatMap(({ name, githubEnvironment, connectionEnv }) =>
    githubEnvironment === undefined ? [] : [{ name, githubEnvironment, connectionEnv }],
  );
  const lanes = new Map(around.environments.map(({ name, lane }) => [name, lane]));
  const connections = new Set(targets.map(({ connectionEnv }) => connectionEnv));
  const items: DoctorItem[] = [];
  for (const use of environmentUses(around.workflows, targets)) {
    const found = await ask(() => readEnvironment(client, use.name));
    const policies =
      found.kind === 'seen' && found.value.deployment_branch_policy?.custom_branch_policies === true
        ? await ask(() => readBranchPolicies(client, use.name))
        : null;
    items.push(
      lookAtProtection(use, {
        found,
        policies,
        isProduction: lanes.get(use.target) === 'production',
        branch: around.branch,
      }),
    );
    if (found.kind !== 'none') {
      const own = await ask(() => readEnvironmentSecrets(client, use.name));
      items.push(lookAtSecrets(use, own, around.secrets, connections));
    }
  }
  items.push(lookAtOpenSecrets(around.secrets, connections));
  return items;
}

function lookAtProtection(
  use: EnvironmentUse,
  around: {
    readonly found: Answer<RepositoryEnvironment>;
    readonly policies: Answer<readonly string[]> | null;
    readonly isProduction: boolean;
    readonly branch: string;
  },
): DoctorItem {
  const { found, policies, isProduction, branch } = around;
  const thing = `environment.${use.name}`;
  const title = `Environment ${use.name}`;
  if (found.kind === 'refused')
    return github.unknown(
      thing,
      title,
      `GitHub refused: ${found.why}.`,
      'Look with a token that may read Environments.',
    );
  if (found.kind === 'none') {
    return github.bad(thing, title, {
      status: 'error',
      detail: `There is none, and ${listed(use.files)} ${use.files.length === 1 ? 'uses' : 'use'} it: GitHub makes it at the first run, without protection and without secrets.`,
      remedy: `Settings, Environments, New environment ${use.name}: ${protectionOf(use, isProduction, branch)}; then its secrets: ${listed(use.secrets)} (docs/github.md).`,
    });
  }
  const { value } = found;
  const reviewers = value.protection_rules.find(({ type }) => type === 'required_reviewers');
  const count = reviewers?.reviewers?.length ?? 0;
  const branches = branchesOf(value, policies, branch);
  const trouble =
    use.suffix === ''
      ? applyingTrouble({ value, count, reviewers, branches, isProduction, branch })
      : lookingTrouble({ use, count, branches, branch });
  return judged(github, thing, title, {
    good: `${count === 0 ? 'No reviewers' : `${count} reviewers`}, ${branches.words}.`,
    trouble,
  });
}

/** How an environment should be guarded, by what its jobs do. */
function protectionOf(use: EnvironmentUse, isProduction: boolean, branch: string): string {
  if (use.suffix === '') return closedTo(branch, isProduction);
  return `no reviewers, ${use.suffix === '-watch' ? `branch ${branch} only` : 'every branch, and a connection that can only read'}`;
}

function closedTo(branch: string, isProduction: boolean): string {
  return `branch ${branch} only${isProduction ? ', required reviewers, no self-review, no bypass by admins' : ''}`;
}

interface Branches {
  /** Whether only the default branch may use it; null when nobody told. */
  readonly isClosed: boolean | null;
  readonly words: string;
}

function branchesOf(
  value: RepositoryEnvironment,
  policies: Answer<readonly string[]> | null,
  branch: string,
): Branches {
  const policy = value.deployment_branch_policy ?? null;
  if (policy === null) return { isClosed: false, words: 'every branch' };
  if (policy.protected_branches) return { isClosed: true, words: 'protected branches' };
  if (policies?.kind !== 'seen') return { isClosed: null, words: 'branches nobody told us' };
  const others = policies.value.filter((name) => name !== branch);
  return { isClosed: others.length === 0, words: `branches ${policies.value.join(', ') || 'none'}` };
}

/** An environment whose jobs change things. */
function applyingTrouble(seen: {
  readonly value: RepositoryEnvironment;
  readonly count: number;
  readonly reviewers: RepositoryEnvironment['protection_rules'][number] | undefined;
  readonly branches: Branches;
  readonly isProduction: boolean;
  readonly branch: string;
}): Trouble | null {
  const { value, count, reviewers, branches, isProduction, branch } = seen;
  const errors = [
    ...(branches.isClosed === false
      ? [`${branches.words} may use its secrets, which change the database`]
      : []),
    ...(isProduction && count === 0 ? ['nobody has to approve a change of production'] : []),
  ];
  const warnings = [
    ...(isProduction && count > 0 && reviewers?.prevent_self_review !== true
      ? ['who starts a run may approve it']
      : []),
    ...(isProduction && value.can_admins_bypass === true ? ['admins may pass by the reviewers'] : []),
    ...(branches.isClosed === null ? ['its branches could not be read'] : []),
  ];
  if (errors.length + warnings.length === 0) return null;
  return {
    status: errors.length > 0 ? 'error' : 'warning',
    detail: sentence([...errors, ...warnings]),
    remedy: `Settings, Environments: ${closedTo(branch, isProduction)}. In a private repository that needs a paid plan.`,
  };
}

/** An environment whose jobs run by themselves: `-plan` on every pull request, `-watch` on a schedule. */
function lookingTrouble(seen: {
  readonly use: EnvironmentUse;
  readonly count: number;
  readonly branches: Branches;
  readonly branch: string;
}): Trouble | null {
  const { use, count, branches, branch } = seen;
  const writes = use.suffix === '-watch';
  const gaps = [
    ...(count > 0 ? ['its jobs run by themselves, and each would wait for a reviewer'] : []),
    ...(writes && branches.isClosed === false ? [`${branches.words} may use a connection that writes`] : []),
    ...(use.suffix === '-plan' && branches.isClosed === true
      ? ['pull requests come from other branches, and their plan gets no secrets']
      : []),
  ];
  return gaps.length === 0
    ? null
    : {
        status: 'error',
        detail: sentence(gaps),
        remedy: `Settings, Environments: no reviewers, ${writes ? `branch ${branch} only` : 'every branch'} (docs/github.md).`,
      };
}

function sentence(parts: readonly string[]): string {
  return `${parts.join('; ')}.`.replace(/^./, (letter) => letter.toUpperCase());
}
