import * as z from 'zod';
import type { Handlers } from '../handler.ts';
import { addComment, listed } from '../store.ts';
import { checkLength, parseBody } from './bodies.ts';
import { checkAuthor, findComment, findIssue, needsFor } from './find.ts';
import { renderComment } from './render.ts';

const CommentBody = z.object({ body: z.string().min(1) });
const resource = 'IssueComment';

/** Comments of issues and pull requests. */
export const issueComments: Handlers = {
  'issues/list-comments': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => {
      const { number } = findIssue(request);
      const comments = listed(request.store, request.store.comments.values()).filter(
        (comment) => comment.issue === number,
      );
      return { status: 200, page: comments.map((comment) => renderComment(comment, request)) };
    },
  },
  'issues/get-comment': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => ({ status: 200, body: renderComment(findComment(request), request) }),
  },
  'issues/create-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const { number } = findIssue(request);
      const { body } = parseBody(CommentBody, { body: request.body, resource });
      checkLength(body, resource);
      const comment = addComment(request.store, { issue: number, author: request.identity.login, body });
      return { status: 201, body: renderComment(comment, request) };
    },
  },
  'issues/update-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const comment = findComment(request);
      checkAuthor(comment, request.identity.login);
      const { body } = parseBody(CommentBody, { body: request.body, resource });
      checkLength(body, resource);
      comment.body = body;
      comment.updatedAt = new Date();
      return { status: 200, body: renderComment(comment, request) };
    },
  },
  'issues/delete-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const comment = findComment(request);
      request.store.comments.delete(comment.id);
      return { status: 204 };
    },
  },
};
