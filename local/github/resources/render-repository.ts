import type { JsonObject } from '../json-schema.ts';
import { accountId } from '../state/people.ts';
import { instant, type RenderContext, renderUser } from './render.ts';

// The links of a repository with what follows the name, as GitHub's description requires them.
const LINKS: Readonly<Record<string, string>> = {
  archive: '{archive_format}{/ref}',
  assignees: '{/user}',
  blobs: '{/sha}',
  branches: '{/branch}',
  collaborators: '{/collaborator}',
  comments: '{/number}',
  commits: '{/sha}',
  compare: '{base}...{head}',
  contents: '{+path}',
  contributors: '',
  deployments: '',
  downloads: '',
  events: '',
  forks: '',
  git_commits: '{/sha}',
  git_refs: '{/sha}',
  git_tags: '{/sha}',
  hooks: '',
  issue_comment: '{/number}',
  issue_events: '{/number}',
  issues: '{/number}',
  keys: '{/key_id}',
  labels: '{/name}',
  languages: '',
  merges: '',
  milestones: '{/number}',
  notifications: '{?since,all,participating}',
  pulls: '{/number}',
  releases: '{/id}',
  stargazers: '',
  statuses: '{sha}',
  subscribers: '',
  subscription: '',
  tags: '',
  teams: '',
  trees: '{/sha}',
};
const PATHS: Readonly<Record<string, string>> = {
  git_commits: 'git/commits',
  git_refs: 'git/refs',
  git_tags: 'git/tags',
  issue_comment: 'issues/comments',
  issue_events: 'issues/events',
};

/** A repository inside a run: without the numbers and settings. */
export function renderMinimalRepository(fullName: string, context: RenderContext): JsonObject {
  const { store, baseUrl } = context;
  const [owner = '', name = ''] = fullName.split('/');
  const own = fullName === `${store.owner}/${store.repo}`;
  const id = own ? store.repositoryId : accountId(fullName);
  const url = `${baseUrl}/repos/${fullName}`;
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: fullName,
    owner: renderUser(owner, context),
    private: store.isPrivate,
    html_url: `${baseUrl}/${fullName}`,
    description: null,
    fork: !own,
    url,
    ...Object.fromEntries(
      Object.entries(LINKS).map(([link, rest]) => [`${link}_url`, `${url}/${PATHS[link] ?? link}${rest}`]),
    ),
  };
}

const MADE = new Date('2026-01-01T00:00:00Z');

/** A repository as GitHub shows it. */
export function renderRepository(fullName: string, context: RenderContext): JsonObject {
  const { store, baseUrl } = context;
  const html = `${baseUrl}/${fullName}`;
  const open = [...store.issues.values()].filter((issue) => issue.state === 'open').length;
  const newest = store.commits.get(store.branches.get(store.defaultBranch) ?? '')?.committer.date ?? MADE;
  return {
    ...renderMinimalRepository(fullName, context),
    clone_url: `${html}.git`,
    git_url: `git://${new URL(baseUrl).host}/${fullName}.git`,
    ssh_url: `git@${new URL(baseUrl).hostname}:${fullName}.git`,
    svn_url: html,
    mirror_url: null,
    default_branch: store.defaultBranch,
    visibility: store.isPrivate ? 'private' : 'public',
    ...Object.fromEntries(
      ['forks', 'forks_count', 'size', 'stargazers_count', 'watchers', 'watchers_count'].map((count) => [
        count,
        0,
      ]),
    ),
    open_issues: open,
    open_issues_count: open,
    has_downloads: false,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    homepage: null,
    language: 'TypeScript',
    archived: store.archived,
    disabled: false,
    license: null,
    pushed_at: instant(newest),
    created_at: instant(MADE),
    updated_at: instant(newest),
  };
}
