import type { JsonObject } from '../../json-schema.ts';
import { type RenderContext, renderUser } from '../../resources/render.ts';
import { renderRepository } from '../../resources/render-repository.ts';

/** What every payload carries: where it happened and who did it. */
export function envelope(context: RenderContext, sender: string): JsonObject {
  const { store, baseUrl } = context;
  const url = `${baseUrl}/orgs/${store.owner}`;
  return {
    repository: { ...renderRepository(`${store.owner}/${store.repo}`, context), custom_properties: {} },
    organization: {
      login: store.owner,
      id: store.ownerId,
      node_id: `O_${store.ownerId}`,
      url,
      repos_url: `${url}/repos`,
      events_url: `${url}/events`,
      hooks_url: `${url}/hooks`,
      issues_url: `${url}/issues`,
      members_url: `${url}/members{/member}`,
      public_members_url: `${url}/public_members{/member}`,
      avatar_url: `${url}/avatar`,
      description: null,
    },
    sender: renderUser(sender, context),
  };
}
