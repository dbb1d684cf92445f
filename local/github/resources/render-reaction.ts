import type { JsonObject } from '../json-schema.ts';
import { REACTIONS, type StoredReaction } from '../state/issues.ts';
import { instant, type RenderContext, renderUser } from './render.ts';

/** A reaction as GitHub shows it. */
export function renderReaction(reaction: StoredReaction, context: RenderContext): JsonObject {
  return {
    id: reaction.id,
    node_id: `REA_${reaction.id}`,
    user: renderUser(reaction.author, context),
    content: reaction.content,
    created_at: instant(reaction.createdAt),
  };
}

/** The reactions of an issue or a comment. */
export function reactionsOf(
  subject: StoredReaction['subject'],
  { store }: Pick<RenderContext, 'store'>,
): StoredReaction[] {
  return [...store.reactions.values()].filter((reaction) => isSame(reaction.subject, subject));
}

function isSame(a: StoredReaction['subject'], b: StoredReaction['subject']): boolean {
  return 'issue' in a ? 'issue' in b && a.issue === b.issue : 'comment' in b && a.comment === b.comment;
}

/** How many of each face. */
export function reactionCounts(
  subject: StoredReaction['subject'],
  url: string,
  context: RenderContext,
): JsonObject {
  const reactions = reactionsOf(subject, context);
  const count = (content: string): number =>
    reactions.filter((reaction) => reaction.content === content).length;
  return {
    url,
    total_count: reactions.length,
    ...Object.fromEntries(REACTIONS.map((content) => [content, count(content)])),
  };
}
