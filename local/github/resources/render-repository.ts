import type { Json } from '../json-schema.ts';
import { renderUser } from './render.ts';

// The links of a repository, as GitHub's description requires them.
const LINKS =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees clone git ssh svn mirror'.split(
    ' ',
  );

/** A repository as GitHub shows it inside a pull request. */
export function renderRepository(
  fullName: string,
  options: { readonly baseUrl: string; readonly fork: boolean },
): { [key: string]: Json } {
  const [owner = '', name = ''] = fullName.split('/');
  const url = `${options.baseUrl}/repos/${fullName}`;
  const counts = [
    'forks',
    'forks_count',
    'open_issues',
    'open_issues_count',
    'size',
    'stargazers_count',
    'watchers',
    'watchers_count',
  ];
  return {
    id: 1,
    node_id: 'R_1',
    name,
    full_name: fullName,
    owner: renderUser(owner, options.baseUrl),
    private: true,
    fork: options.fork,
    description: null,
    url,
    html_url: url,
    ...Object.fromEntries(LINKS.map((link) => [`${link}_url`, `${url}/${link}`])),
    default_branch: 'main',
    ...Object.fromEntries(counts.map((count) => [count, 0])),
    ...Object.fromEntries(
      ['downloads', 'issues', 'projects', 'wiki', 'pages'].map((what) => [`has_${what}`, what === 'issues']),
    ),
    homepage: null,
    language: 'TypeScript',
    archived: false,
    disabled: false,
    license: null,
    pushed_at: null,
    created_at: null,
    updated_at: null,
  };
}
