import * as z from 'zod';
import type { HandledRequest, Handlers } from '../handler.ts';
import { addIssue, ensureLabel, listed, type StoredIssue } from '../store.ts';
import { checkLength, parseBody } from './bodies.ts';
import { findIssue, needsFor } from './find.ts';
import { renderIssue } from './render.ts';

const Label = z
  .union([z.string(), z.object({ name: z.string() })])
  .transform((label) => (typeof label === 'string' ? label : label.name));

const NewIssue = z.object({
  title: z.union([z.string().min(1), z.number()]).transform(String),
  body: z.string().nullish(),
  labels: z.array(Label).default([]),
});

const IssueUpdate = z.object({
  title: z
    .union([z.string().min(1), z.number()])
    .transform(String)
    .optional(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']).optional(),
  state_reason: z.enum(['completed', 'not_planned', 'duplicate', 'reopened']).nullish(),
  labels: z.array(Label).optional(),
});

const resource = 'Issue';

/** Issues. */
export const issues: Handlers = {
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
      const { title, body, labels } = parseBody(NewIssue, { body: request.body, resource });
      checkLength(body, resource);
      const issue = addIssue(request.store, {
        title,
        body: body ?? null,
        labels,
        author: request.identity.login,
      });
      return { status: 201, body: renderIssue(issue, request) };
    },
  },
  'issues/update': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const issue = findIssue(request);
      const update = parseBody(IssueUpdate, { body: request.body, resource });
      checkLength(update.body, resource);
      applyUpdate(issue, update, request);
      return { status: 200, body: renderIssue(issue, request) };
    },
  },
};

function applyUpdate(
  issue: StoredIssue,
  update: z.infer<typeof IssueUpdate>,
  { store }: HandledRequest,
): void {
  const now = new Date();
  if (update.title !== undefined) issue.title = update.title;
  if (update.body !== undefined) issue.body = update.body;
  if (update.labels !== undefined) issue.labels = update.labels.map((name) => ensureLabel(store, name).name);
  if (update.state !== undefined && update.state !== issue.state) {
    issue.state = update.state;
    issue.closedAt = update.state === 'closed' ? now : null;
    issue.stateReason = update.state_reason ?? (update.state === 'closed' ? 'completed' : 'reopened');
  }
  issue.updatedAt = now;
}

/** The filters of the list we use: state (default open), labels (all of them), order. */
function selectIssues({ store, query }: HandledRequest): StoredIssue[] {
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '');
  const selected = listed(store, store.issues.values()).filter(
    (issue) => (state === 'all' || issue.state === state) && labels.every((name) => carries(issue, name)),
  );
  const newestFirst = (query.get('direction') ?? 'desc') === 'desc';
  return selected.sort((a, b) => (newestFirst ? b.number - a.number : a.number - b.number));
}

function carries(issue: StoredIssue, name: string): boolean {
  return issue.labels.some((label) => label.toLowerCase() === name.toLowerCase());
}
