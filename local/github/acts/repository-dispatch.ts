import { envelope } from '../events/payloads/envelope.ts';
import type { JsonObject } from '../json-schema.ts';
import type { Actor, World } from '../world.ts';

/** Somebody sends an event of their own. */
export function dispatchRepository(
  world: World,
  actor: Actor,
  { type, payload }: { readonly type: string; readonly payload: JsonObject },
): void {
  const { store, events } = world;
  events.tell({
    name: 'repository_dispatch',
    action: type,
    actor: actor.login,
    byWorkflowToken: actor.byWorkflowToken,
    ref: `refs/heads/${store.defaultBranch}`,
    sha: store.branches.get(store.defaultBranch) ?? '0'.repeat(40),
    payload: {
      action: type,
      branch: store.defaultBranch,
      client_payload: payload,
      ...envelope(world, actor.login),
      // Runs see no installation unless an app sent it; the description wants the field.
      installation: { id: 1, node_id: 'MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMQ==' },
    },
  });
}
