import { envelope } from '../events/payloads/envelope.ts';
import type { JsonObject } from '../json-schema.ts';
import { renderComment, renderIssue } from '../resources/render.ts';
import { reactionsOf } from '../resources/render-reaction.ts';
import {
  addComment,
  type ReactionContent,
  type StoredComment,
  type StoredReaction,
} from '../state/issues.ts';
import { takeId } from '../store.ts';
import type { Actor, World } from '../world.ts';
import { touch } from './issues.ts';

/** Somebody comments on an issue or pull request. */
export function comment(
  world: World,
  actor: Actor,
  fresh: { readonly issue: number; readonly body: string },
): StoredComment {
  const added = addComment(world.store, { ...fresh, author: actor.login });
  tellComment(world, actor, { comment: added, action: 'created' });
  return added;
}

/** Somebody rewrites a comment. */
export function editComment(
  world: World,
  actor: Actor,
  { comment: edited, body }: { readonly comment: StoredComment; readonly body: string },
): void {
  const from = edited.body;
  edited.body = body;
  edited.updatedAt = world.store.now();
  tellComment(world, actor, { comment: edited, action: 'edited', more: { changes: { body: { from } } } });
}

/** Somebody takes a comment away. */
export function deleteComment(world: World, actor: Actor, deleted: StoredComment): void {
  world.store.comments.delete(deleted.id);
  tellComment(world, actor, { comment: deleted, action: 'deleted' });
}

/** Somebody answers with a face; the same one twice is one. */
export function react(
  { store }: World,
  actor: Actor,
  { subject, content }: { readonly subject: StoredReaction['subject']; readonly content: ReactionContent },
): { readonly reaction: StoredReaction; readonly isNew: boolean } {
  const known = reactionsOf(subject, { store }).find(
    (each) => each.content === content && each.author === actor.login,
  );
  if (known !== undefined) return { reaction: known, isNew: false };
  const reaction = { id: takeId(store), subject, content, author: actor.login, createdAt: store.now() };
  store.reactions.set(reaction.id, reaction);
  return { reaction, isNew: true };
}

interface CommentNews {
  readonly comment: StoredComment;
  readonly action: 'created' | 'edited' | 'deleted';
  readonly more?: JsonObject;
}

function tellComment(world: World, actor: Actor, { comment: told, action, more = {} }: CommentNews): void {
  const { store, events } = world;
  const issue = store.issues.get(told.issue);
  if (issue === undefined) return;
  touch(world, issue);
  events.tell({
    name: 'issue_comment',
    action,
    actor: actor.login,
    byWorkflowToken: actor.byWorkflowToken,
    // Comments on pull requests run what the default branch holds, too.
    ref: `refs/heads/${store.defaultBranch}`,
    sha: store.branches.get(store.defaultBranch) ?? '0'.repeat(40),
    payload: {
      action,
      issue: renderIssue(issue, world),
      comment: renderComment(told, world),
      ...more,
      ...envelope(world, actor.login),
    },
  });
}
