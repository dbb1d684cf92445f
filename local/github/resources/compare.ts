import { invalid, notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { Json } from '../json-schema.ts';
import { lineage, resolveCommit, type StoredCommit } from '../state/commits.ts';
import { htmlUrl, repositoryUrl } from './render.ts';
import { renderCommit } from './render-commit.ts';
import { renderFile } from './render-pull-request.ts';

/** What lies between two commits. */
export const compare = {
  'repos/compare-commits-with-basehead': {
    needs: () => [{ scope: 'contents', level: 'read' }],
    handle: (request) => ({ status: 200, body: comparison(request) }),
  },
} satisfies Handlers;

// GitHub names no more changed files than these in one comparison, and does not say that it left some out.
const MOST_FILES = 300;

/** What is between the two commits, seen from where they parted, as `git diff base...head` sees it. */
function comparison(request: HandledRequest): Json {
  const { parameters, query } = request;
  const basehead = decodeURIComponent(parameters.basehead ?? '');
  const [base = '', head = ''] = basehead.split('...');
  const ours = lineageOf(request, base);
  const theirs = lineageOf(request, head);
  const [from] = ours;
  if (from === undefined || theirs.length === 0) throw notFound();
  const shared = theirs.find((commit) => ours.includes(commit));
  if (shared === undefined) throw invalid({ resource: 'Comparison', field: 'basehead', code: 'invalid' });
  const ahead = theirs.slice(0, theirs.indexOf(shared));
  const behind = ours.slice(0, ours.indexOf(shared));
  const files = new Map(ahead.flatMap((commit) => commit.files).map((file) => [file.filename, file]));
  const html = `${htmlUrl(request)}/compare/${basehead}`;
  return {
    url: `${repositoryUrl(request)}/compare/${basehead}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: renderCommit(from, request),
    merge_base_commit: renderCommit(shared, request),
    status: statusOf(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead
      .toReversed()
      .slice(0, Number(query.get('per_page') ?? 250))
      .map((commit) => renderCommit(commit, request)),
    files: [...files.values()]
      .slice(0, MOST_FILES)
      .map((file) => ({ ...renderFile(file, head, request), sha: 'f'.repeat(40) })),
  };
}

function lineageOf({ store }: HandledRequest, name: string): StoredCommit[] {
  return lineage(store, resolveCommit(store, name)?.sha ?? '');
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}
