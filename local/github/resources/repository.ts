import { invalid, notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { Json } from '../json-schema.ts';
import type { Store, StoredCommit } from '../store.ts';
import { repositoryUrl } from './render.ts';
import { renderCommit } from './render-commit.ts';
import { renderFile } from './render-pull-request.ts';

const readsContents = () => [{ scope: 'contents', level: 'read' } as const];

/** Branches and what lies between two commits. */
export const repository: Handlers = {
  'git/get-ref': {
    needs: readsContents,
    handle: (request) => {
      const ref = decodeURIComponent(request.parameters.ref ?? '');
      const sha = request.store.branches.get(ref.replace(/^heads\//, ''));
      if (!ref.startsWith('heads/') || sha === undefined) throw notFound();
      const url = `${repositoryUrl(request)}/git`;
      return {
        status: 200,
        body: {
          ref: `refs/${ref}`,
          node_id: `REF_${ref}`,
          url: `${url}/refs/${ref}`,
          object: { type: 'commit', sha, url: `${url}/commits/${sha}` },
        },
      };
    },
  },
  'repos/compare-commits-with-basehead': {
    needs: readsContents,
    handle: (request) => ({ status: 200, body: compare(request) }),
  },
};

// GitHub names no more changed files than these in one comparison, and does not say that it left some out.
const MOST_FILES = 300;

/** What is between the two commits, seen from where they parted, as `git diff base...head` sees it. */
function compare(request: HandledRequest): Json {
  const { store, parameters } = request;
  const [base = '', head = ''] = decodeURIComponent(parameters.basehead ?? '').split('...');
  const ours = lineage(store, base);
  const theirs = lineage(store, head);
  const [from, to] = [ours[0], theirs[0]];
  if (from === undefined || to === undefined) throw notFound();
  const shared = theirs.find((commit) => ours.includes(commit));
  if (shared === undefined) throw invalid({ resource: 'Comparison', field: 'basehead', code: 'invalid' });
  const ahead = theirs.slice(0, theirs.indexOf(shared));
  const behind = ours.slice(0, ours.indexOf(shared));
  const files = new Map(ahead.flatMap((commit) => commit.files).map((file) => [file.filename, file]));
  const url = `${repositoryUrl(request)}/compare/${base}...${head}`;
  return {
    url,
    html_url: url,
    permalink_url: url,
    diff_url: `${url}.diff`,
    patch_url: `${url}.patch`,
    base_commit: renderCommit(from, request),
    merge_base_commit: renderCommit(shared, request),
    status: statusOf(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead
      .toReversed()
      .slice(0, Number(request.query.get('per_page') ?? 250))
      .map((commit) => renderCommit(commit, request)),
    files: [...files.values()]
      .slice(0, MOST_FILES)
      .map((file) => ({ ...renderFile(file, head, request), sha: 'f'.repeat(40) })),
  };
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

/** A commit and all before it, newest first. */
function lineage(store: Store, sha: string): StoredCommit[] {
  const found: StoredCommit[] = [];
  for (let next = store.commits.get(sha); next !== undefined; next = store.commits.get(next.parent ?? '')) {
    found.push(next);
  }
  return found;
}
