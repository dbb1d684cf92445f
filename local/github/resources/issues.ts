import * as z from 'zod';
import { changeIssue, type IssueChange, openIssue } from '../acts/issues.ts';
import { GitHubError, invalid } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import { actorOf } from '../world.ts';
import { checkAssignees } from './assignees.ts';
import { checkLength, parseBody } from './bodies.ts';
import { findIssue, mayTriage, needsFor } from './find.ts';
import { renderIssue } from './render.ts';
import { selectIssues } from './select-issues.ts';

const Label = z
  .union([z.string(), z.looseObject({ name: z.string() })])
  .transform((label) => (typeof label === 'string' ? label : label.name));
const Title = z.union([z.string().trim().min(1).max(256), z.number()]).transform(String);

const NewIssue = z.object({
  title: Title,
  body: z.string().nullish(),
  labels: z.array(Label).default([]),
  assignee: z.string().nullish(),
  assignees: z.array(z.string()).optional(),
});

const IssueUpdate = z.object({
  title: Title.optional(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']).optional(),
  state_reason: z.enum(['completed', 'not_planned', 'duplicate', 'reopened']).nullish(),
  labels: z.array(Label).optional(),
  assignee: z.string().nullish(),
  assignees: z.array(z.string()).optional(),
});

const resource = 'Issue';

/** Issues. */
export const issues = {
  'issues/list-for-repo': {
    needs: () => [{ scope: 'issues', level: 'read' }],
    handle: (request) => ({
      status: 200,
      page: selectIssues(request).map((issue) => renderIssue(issue, request)),
    }),
  },
  'issues/get': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => ({ status: 200, body: renderIssue(findIssue(request), request) }),
  },
  'issues/create': {
    needs: () => [{ scope: 'issues', level: 'write' }],
    handle: (request) => {
      const { title, body, labels, ...who } = parseBody(NewIssue, { body: request.body, resource });
      checkLength(body, resource);
      const assignees = assigneesOf(request, who) ?? [];
      // Who may not label and assign is not refused: GitHub drops both without a word.
      const triage = mayTriage(request) ? { labels, assignees } : {};
      const issue = openIssue(request, actorOf(request.identity), { title, body: body ?? null, ...triage });
      return { status: 201, body: renderIssue(issue, request) };
    },
  },
  'issues/update': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const issue = findIssue(request);
      const isOwn = issue.author === request.identity.login;
      if (!isOwn && !mayTriage(request))
        throw new GitHubError(403, 'Must have triage access to the repository.');
      const update = parseBody(IssueUpdate, { body: request.body, resource });
      checkLength(update.body, resource);
      changeIssue(request, actorOf(request.identity), { issue, to: changeOf(request, update) });
      return { status: 200, body: renderIssue(issue, request) };
    },
  },
} satisfies Handlers;

function changeOf(request: HandledRequest, update: z.infer<typeof IssueUpdate>): IssueChange {
  const { title, body, state, state_reason: stateReason, labels, ...who } = update;
  if (stateReason === 'reopened' && state === 'closed') {
    throw invalid({ resource, field: 'state_reason', code: 'invalid' });
  }
  const text = { title, body, state, stateReason };
  return mayTriage(request) ? { ...text, labels, assignees: assigneesOf(request, who) } : text;
}

interface Assigned {
  readonly assignee?: string | null | undefined;
  readonly assignees?: readonly string[] | undefined;
}

/** Who is to be assigned; undefined when nothing is said. @throws GitHubError 422 for somebody who cannot be */
function assigneesOf(
  request: HandledRequest,
  { assignee, assignees }: Assigned,
): readonly string[] | undefined {
  const named =
    assignees ??
    (assignee === undefined ? undefined : assignee === null || assignee === '' ? [] : [assignee]);
  if (named !== undefined) checkAssignees(request.store, named);
  return named;
}
