import type { Json, JsonObject } from '../json-schema.ts';
import type { BranchPolicy, StoredEnvironment } from '../state/environments.ts';
import { accountId } from '../state/people.ts';
import { htmlUrl, instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';

/** An environment with its protection, as GitHub shows it. */
export function renderEnvironment(environment: StoredEnvironment, context: RenderContext): JsonObject {
  const name = encodeURIComponent(environment.name);
  return {
    id: environment.id,
    node_id: `EN_${environment.id}`,
    name: environment.name,
    url: `${repositoryUrl(context)}/environments/${name}`,
    html_url: `${htmlUrl(context)}/deployments/activity_log?environments_filter=${name}`,
    created_at: instant(environment.createdAt),
    updated_at: instant(environment.updatedAt),
    can_admins_bypass: environment.adminsMayBypass,
    protection_rules: renderRules(environment, context),
    deployment_branch_policy: renderBranchPolicy(environment.branches),
  };
}

function renderRules(environment: StoredEnvironment, context: RenderContext): JsonObject[] {
  const rule = (offset: number, type: string, more: JsonObject = {}): JsonObject => {
    const id = environment.id * 10 + offset;
    return { id, node_id: `GA_${id}`, type, ...more };
  };
  const { waitMinutes, reviewers, preventSelfReview, branches } = environment;
  return [
    ...(waitMinutes === 0 ? [] : [rule(1, 'wait_timer', { wait_timer: waitMinutes })]),
    ...(reviewers.length === 0
      ? []
      : [
          rule(2, 'required_reviewers', {
            prevent_self_review: preventSelfReview,
            reviewers: renderReviewers(environment, context),
          }),
        ]),
    ...(branches === 'any' ? [] : [rule(3, 'branch_policy')]),
  ];
}

function renderBranchPolicy(branches: BranchPolicy): Json {
  if (branches === 'any') return null;
  const isProtected = branches === 'protected';
  return { protected_branches: isProtected, custom_branch_policies: !isProtected };
}

/** Who has to say yes. */
export function renderReviewers(environment: StoredEnvironment, context: RenderContext): JsonObject[] {
  return environment.reviewers.map((each) =>
    'user' in each
      ? { type: 'User', reviewer: renderUser(each.user, context) }
      : { type: 'Team', reviewer: renderTeam(each.team, context) },
  );
}

/** A team as GitHub shows it. */
export function renderTeam(slug: string, { store, baseUrl }: RenderContext): JsonObject {
  const id = accountId(`team ${slug}`);
  const url = `${baseUrl}/organizations/${store.ownerId}/team/${id}`;
  return {
    id,
    node_id: `T_${id}`,
    name: slug,
    slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    permission: 'pull',
    url,
    html_url: `${baseUrl}/orgs/${store.owner}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization',
    organization_id: store.ownerId,
    parent: null,
  };
}
