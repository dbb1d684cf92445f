import * as z from 'zod';
import { react } from '../acts/comments.ts';
import { notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { REACTIONS, type StoredReaction } from '../state/issues.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { checkMayRewrite, findComment, findIssue, needsFor } from './find.ts';
import { reactionsOf, renderReaction } from './render-reaction.ts';

const NewReaction = z.object({ content: z.enum(REACTIONS) });

/** Faces on issues and comments. */
export const reactions = {
  'reactions/create-for-issue': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => create(request, { issue: findIssue(request).number }),
  },
  'reactions/list-for-issue': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => list(request, { issue: findIssue(request).number }),
  },
  'reactions/create-for-issue-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => create(request, { comment: findComment(request).id }),
  },
  'reactions/list-for-issue-comment': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => list(request, { comment: findComment(request).id }),
  },
  'reactions/delete-for-issue-comment': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const comment = findComment(request).id;
      const id = Number(request.parameters.reaction_id);
      const reaction = reactionsOf({ comment }, request).find((each) => each.id === id);
      if (reaction === undefined) throw notFound();
      checkMayRewrite(request, reaction);
      request.store.reactions.delete(id);
      return { status: 204 };
    },
  },
} satisfies Handlers;

/** 201 for a new one, 200 for one that was there: saying it twice is saying it once. */
function create(request: HandledRequest, subject: StoredReaction['subject']): HandledResponse {
  const { content } = parseBody(NewReaction, { body: request.body, resource: 'Reaction' });
  const { reaction, isNew } = react(request, actorOf(request.identity), { subject, content });
  return { status: isNew ? 201 : 200, body: renderReaction(reaction, request) };
}

function list(request: HandledRequest, subject: StoredReaction['subject']): HandledResponse {
  const content = request.query.get('content');
  const found = reactionsOf(subject, request).filter((each) => content === null || each.content === content);
  return { status: 200, page: found.map((each) => renderReaction(each, request)) };
}
