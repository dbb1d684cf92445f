import * as z from 'zod';
import { changeIssue } from '../acts/issues.ts';
import { invalid, notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { ensureUser } from '../state/people.ts';
import type { Store } from '../store.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { findIssue, mayTriage, needsFor } from './find.ts';
import { renderIssue } from './render.ts';

const Assignees = z.object({ assignees: z.array(z.string()).default([]) });
/** More than ten cannot be assigned. */
const MOST_ASSIGNEES = 10;

/** Who looks after an issue. */
export const assignees = {
  'issues/add-assignees': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => ({ ...change(request, (now, named) => [...now, ...named]), status: 201 }),
  },
  'issues/remove-assignees': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => change(request, (now, named) => now.filter((login) => !named.includes(login))),
  },
  'issues/check-user-can-be-assigned': {
    needs: () => [{ scope: 'metadata', level: 'read' }],
    handle: ({ store, parameters }) => {
      if (!canBeAssigned(store, parameters.assignee ?? '')) throw notFound();
      return { status: 204 };
    },
  },
} satisfies Handlers;

function change(
  request: HandledRequest,
  combine: (now: readonly string[], named: readonly string[]) => readonly string[],
): HandledResponse {
  const issue = findIssue(request);
  const { assignees: named } = parseBody(Assignees, { body: request.body, resource: 'Issue' });
  // Here, unlike when an issue is changed, GitHub passes over those who cannot be assigned.
  const able = named.filter((login) => canBeAssigned(request.store, login));
  if (mayTriage(request)) {
    const to = { assignees: combine(issue.assignees, able).slice(0, MOST_ASSIGNEES) };
    changeIssue(request, actorOf(request.identity), { issue, to });
  }
  return { status: 200, body: renderIssue(issue, request) };
}

/** Refuses somebody who cannot be assigned. @throws GitHubError 422 */
export function checkAssignees(store: Store, logins: readonly string[]): void {
  const wrong = logins.find((login) => !canBeAssigned(store, login));
  if (wrong === undefined) return;
  throw invalid({ resource: 'Issue', field: 'assignees', code: 'invalid', value: wrong });
}

function canBeAssigned(store: Store, login: string): boolean {
  const user = ensureUser(store, login);
  return user.type === 'User' && user.role !== null;
}
