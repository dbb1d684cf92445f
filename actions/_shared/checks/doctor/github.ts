/** The repository on GitHub: token, settings, environments, the branch, workflows. */
import type { EnvironmentDeclaration } from '../../declare/model.ts';
import type { GitHubClient } from '../../github/client.ts';
import type { ClockReading } from './clocks.ts';
import { lookAtActions, lookAtPermissions } from './github-actions-settings.ts';
import { type Answer, ask } from './github-answer.ts';
import { lookAtGitHubEnvironments } from './github-environments.ts';
import {
  type BranchGuards,
  BranchHidden,
  type Repository,
  readActionsPermissions,
  readBranchGuards,
  readRepository,
  readRepositorySecrets,
  readWorkflowPermissions,
} from './github-reads.ts';
import { lookAtSchedules } from './github-schedules.ts';
import { type DoctorItem, itemsOf, judged, listed } from './item.ts';
import type { WorkflowFile } from './workflow-files.ts';

const github = itemsOf('github');

/** Checks a merge has to pass, as docs/github.md says. */
const WANTED_CHECKS = ['plan-ok', 'test'];

export interface GitHubLook {
  readonly items: readonly DoctorItem[];
  readonly clock: ClockReading | null;
}

/** Looks at a repository; one the token does not reach is one item. */
export async function lookAtGitHub(
  client: GitHubClient,
  options: {
    readonly token: string;
    readonly environments: readonly EnvironmentDeclaration[];
    readonly workflows: readonly WorkflowFile[];
    readonly now: Date;
  },
): Promise<GitHubLook> {
  const name = `${client.owner}/${client.repo}`;
  const found = await ask(() => readRepository(client));
  if (found.kind !== 'seen') {
    const why =
      found.kind === 'none' ? 'there is no such repository, or the token does not reach it' : found.why;
    return {
      clock: null,
      items: [
        github.unknown(
          'repository',
          'Repository',
          `${name}: ${why}.`,
          'Give a token that may read the repository and its settings (GITHUB_TOKEN).',
        ),
      ],
    };
  }
  const { repository, clock, scopes } = found.value;
  const [guards, secrets, actions, permissions] = await Promise.all([
    ask(() => guardsOf(client, repository.default_branch)),
    ask(() => readRepositorySecrets(client)),
    ask(() => readActionsPermissions(client)),
    ask(() => readWorkflowPermissions(client)),
  ]);
  return {
    clock,
    items: [
      lookAtRepository(name, repository),
      lookAtToken(options.token, scopes, repository),
      lookAtBranch(repository.default_branch, guards),
      lookAtActions(actions),
      ...lookAtPermissions(permissions),
      ...(await lookAtGitHubEnvironments(client, { ...options, secrets, branch: repository.default_branch })),
      ...(await lookAtSchedules(client, options)),
    ],
  };
}

async function guardsOf(client: GitHubClient, branch: string): Promise<BranchGuards | BranchHidden> {
  try {
    return await readBranchGuards(client, branch);
  } catch (error) {
    if (error instanceof BranchHidden) return error;
    throw error;
  }
}

function lookAtRepository(name: string, { archived, has_issues: hasIssues }: Repository): DoctorItem {
  return judged(github, 'repository', 'Repository', {
    good: name,
    trouble: archived
      ? {
          status: 'error',
          detail: `${name} is archived: nothing in it runs.`,
          remedy: 'Take it out of the archive.',
        }
      : hasIssues
        ? null
        : {
            status: 'error',
            detail: `Issues are off in ${name}: no alert can be told.`,
            remedy: 'Settings, General, Features: turn issues on.',
          },
  });
}

const BROAD = new Set([
  'admin:org',
  'admin:enterprise',
  'delete_repo',
  'admin:repo_hook',
  'write:packages',
  'site_admin',
]);

function lookAtToken(
  token: string,
  scopes: readonly string[] | null,
  { permissions }: Repository,
): DoctorItem {
  const title = 'Token for GitHub';
  if (scopes !== null) {
    const broad = scopes.filter((scope) => BROAD.has(scope));
    return judged(github, 'token', title, {
      good: `Classic, with ${scopes.join(', ') || 'no scope'}.`,
      trouble:
        broad.length > 0
          ? {
              status: 'warning',
              detail: `A classic token with ${listed(broad)}: whoever finds it can do far more than this asks for.`,
              remedy:
                'Use a fine-grained token for this repository: Contents, Actions, Administration, Environments, Secrets, Issues, all to read.',
            }
          : null,
    });
  }
  const kind = token.startsWith('ghs_')
    ? 'A token of an installation or a workflow'
    : token.startsWith('github_pat_')
      ? 'A fine-grained token'
      : 'A token of a kind that names no scopes';
  const rights =
    permissions === undefined
      ? ''
      : permissions.admin
        ? ', with admin rights'
        : permissions.push
          ? ', may write'
          : ', may only read';
  return github.good('token', title, `${kind}${rights}.`);
}

function lookAtBranch(branch: string, found: Answer<BranchGuards | BranchHidden>): DoctorItem {
  const title = `Branch ${branch}`;
  if (found.kind !== 'seen' || found.value instanceof BranchHidden) {
    const why =
      found.kind === 'refused'
        ? found.why
        : found.kind === 'seen' && found.value instanceof BranchHidden
          ? found.value.message
          : 'there is no such branch';
    return github.unknown(
      'branch',
      title,
      `No ruleset is in sight, and its protection was not shown: ${why}.`,
      'Look with a token that may read Administration.',
    );
  }
  const { pullRequests, checks, forcePushesRefused } = found.value;
  const missing = WANTED_CHECKS.filter((name) => !checks.includes(name));
  const gaps = [
    ...(pullRequests ? [] : ['anybody who may push may change production without a pull request']),
    ...(missing.length === 0 ? [] : [`no merge waits for ${missing.join(' and ')}`]),
    ...(forcePushesRefused ? [] : ['its history can be rewritten']),
  ];
  return judged(github, 'branch', title, {
    good: `Pull requests only, ${checks.join(', ')} required, no force pushes.`,
    trouble:
      gaps.length === 0
        ? null
        : {
            status: pullRequests ? 'warning' : 'error',
            detail: `${gaps.join('; ')}.`.replace(/^./, (letter) => letter.toUpperCase()),
            remedy: `Settings, Rules: for ${branch} require a pull request and the checks ${WANTED_CHECKS.join(' and ')}, and block force pushes.`,
          },
  });
}
