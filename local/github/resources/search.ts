import { invalid } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { StoredIssue } from '../state/issues.ts';
import { listed } from '../state/staleness.ts';
import { renderIssue } from './render.ts';

/** Search over issues and pull requests, with the qualifiers people use; it lags as lists do. */
export const search = {
  'search/issues-and-pull-requests': {
    needs: () => [
      { scope: 'issues', level: 'read' },
      { scope: 'pull-requests', level: 'read' },
    ],
    handle: (request) => {
      const found = select(request).toSorted((a, b) => b.number - a.number);
      return {
        status: 200,
        pageName: 'items',
        more: { incomplete_results: false, search_type: 'lexical' },
        // Of a hit GitHub's description knows no missing body.
        page: found.map((issue) => ({ ...renderIssue(issue, request), body: issue.body ?? '', score: 1 })),
      };
    },
  },
} satisfies Handlers;

function select(request: HandledRequest): StoredIssue[] {
  const { store, query } = request;
  const text = query.get('q') ?? '';
  if (text.trim() === '') throw invalid({ resource: 'Search', field: 'q', code: 'missing' });
  const terms = [...text.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/g)];
  return listed(store, 'issues').filter((issue) =>
    terms.every(([, minus, qualifier, quoted, word]) => {
      const holds = isMatch(request, issue, { qualifier, value: quoted ?? word ?? '' });
      return minus === '-' ? !holds : holds;
    }),
  );
}

interface Term {
  readonly qualifier: string | undefined;
  readonly value: string;
}

function isMatch({ store }: HandledRequest, issue: StoredIssue, { qualifier, value }: Term): boolean {
  const wanted = value.toLowerCase();
  switch (qualifier) {
    case 'repo':
      return wanted === `${store.owner}/${store.repo}`.toLowerCase();
    case 'is':
    case 'state':
    case 'type':
      if (wanted === 'issue' || wanted === 'pr') return (issue.pullRequest === null) === (wanted === 'issue');
      return issue.state === wanted;
    case 'label':
      return issue.labels.some((label) => label.toLowerCase() === wanted);
    case 'author':
      return issue.author.toLowerCase() === wanted;
    case 'assignee':
      return issue.assignees.some((login) => login.toLowerCase() === wanted);
    case 'in':
      return true;
    case undefined:
      return `${issue.title}\n${issue.body ?? ''}`.toLowerCase().includes(wanted);
    default:
      throw invalid({ resource: 'Search', field: 'q', code: 'invalid' });
  }
}
