import * as z from 'zod';
import { comment, deleteComment, editComment } from '../acts/comments.ts';
import { GitHubError } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import { hasRole } from '../state/people.ts';
import { listed } from '../state/staleness.ts';
import { kindOf } from '../tokens.ts';
import { actorOf } from '../world.ts';
import { checkLength, parseBody } from './bodies.ts';
import { checkMayRewrite, findComment, findIssue, needsFor, roleOf } from './find.ts';
import { renderComment } from './render.ts';

const CommentBody = z.object({ body: z.string().min(1) });
const resource = 'IssueComment';

/** Comments of issues and pull requests. */
export const issueComments = {
  'issues/list-comments': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => {
      const { number } = findIssue(request);
      const since = Date.parse(request.query.get('since') ?? '');
      const comments = listed(request.store, 'comments').filter(
        (each) => each.issue === number && !(each.updatedAt.getTime() < since),
      );
      return { status: 200, page: comments.map((each) => renderComment(each, request)) };
    },
  },
  'issues/get-comment': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => ({ status: 200, body: renderComment(findComment(request), request) }),
  },
  'issues/create-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const issue = findIssue(request);
      const { body } = parseBody(CommentBody, { body: request.body, resource });
      checkLength(body, resource);
      if (issue.locked && !writes(request))
        throw new GitHubError(403, 'Unable to create comment because issue is locked.');
      const added = comment(request, actorOf(request.identity), { issue: issue.number, body });
      return { status: 201, body: renderComment(added, request) };
    },
  },
  'issues/update-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const edited = findComment(request);
      checkMayRewrite(request, edited);
      const { body } = parseBody(CommentBody, { body: request.body, resource });
      checkLength(body, resource);
      editComment(request, actorOf(request.identity), { comment: edited, body });
      return { status: 200, body: renderComment(edited, request) };
    },
  },
  'issues/delete-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      deleteComment(request, actorOf(request.identity), findComment(request));
      return { status: 204 };
    },
  },
} satisfies Handlers;

function writes(request: HandledRequest): boolean {
  return kindOf(request.identity) !== 'person' || hasRole(roleOf(request), 'write');
}
