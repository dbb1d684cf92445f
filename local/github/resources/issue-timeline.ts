import * as z from 'zod';
import { lockIssue } from '../acts/issues.ts';
import type { Handlers } from '../handler.ts';
import type { JsonObject } from '../json-schema.ts';
import type { StoredIssueEvent } from '../state/issues.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { findIssue, needsFor } from './find.ts';
import { instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';

const Lock = z.object({ lock_reason: z.enum(['off-topic', 'too heated', 'resolved', 'spam']).optional() });

/** What happened to issues, and whether one may still talk. */
export const issueTimeline = {
  'issues/list-events': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => {
      const { number } = findIssue(request);
      const events = request.store.issueEvents.filter((event) => event.issue === number);
      return { status: 200, page: events.map((event) => renderEvent(event, request)) };
    },
  },
  'issues/lock': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const issue = findIssue(request);
      const { lock_reason: reason = null } = parseBody(Lock, { body: request.body, resource: 'Issue' });
      lockIssue(request, actorOf(request.identity), { issue, locked: true, reason });
      return { status: 204 };
    },
  },
  'issues/unlock': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      lockIssue(request, actorOf(request.identity), { issue: findIssue(request), locked: false });
      return { status: 204 };
    },
  },
} satisfies Handlers;

function renderEvent(event: StoredIssueEvent, context: RenderContext): JsonObject {
  return {
    id: event.id,
    node_id: `EV_${event.id}`,
    url: `${repositoryUrl(context)}/issues/events/${event.id}`,
    actor: renderUser(event.actor, context),
    event: event.kind,
    commit_id: null,
    commit_url: null,
    created_at: instant(event.at),
    performed_via_github_app: null,
    ...detailsOf(event, context),
  };
}

function detailsOf(event: StoredIssueEvent, context: RenderContext): JsonObject {
  switch (event.kind) {
    case 'labeled':
    case 'unlabeled': {
      const name = event.label ?? '';
      return { label: { name, color: context.store.labels.get(name.toLowerCase())?.color ?? 'ededed' } };
    }
    case 'assigned':
    case 'unassigned':
      return {
        assignee: renderUser(event.assignee ?? '', context),
        assigner: renderUser(event.actor, context),
      };
    case 'renamed':
      return { rename: { from: event.rename?.from ?? '', to: event.rename?.to ?? '' } };
    case 'locked':
      return { lock_reason: context.store.issues.get(event.issue)?.lockReason ?? null };
    default:
      return { state_reason: null };
  }
}
