import { notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { Json, JsonObject } from '../json-schema.ts';
import { ensureUser, hasRole, type Role } from '../state/people.ts';
import type { BranchProtection } from '../state/settings.ts';
import { isAllowed, kindOf } from '../tokens.ts';
import { roleOf } from './find.ts';
import { renderUser, repositoryUrl } from './render.ts';
import { renderRepository } from './render-repository.ts';

const readsMetadata = () => [{ scope: 'metadata', level: 'read' } as const];

/** The repository, who may do what in it, and what protects its branches. */
export const repository = {
  'repos/get': {
    needs: readsMetadata,
    handle: (request) => {
      const { store } = request;
      return {
        status: 200,
        body: {
          ...renderRepository(`${store.owner}/${store.repo}`, request),
          permissions: callerPermissions(request),
          network_count: 0,
          subscribers_count: 0,
        },
      };
    },
  },
  'repos/get-collaborator-permission-level': {
    needs: readsMetadata,
    handle: (request) => {
      const login = decodeURIComponent(request.parameters.username ?? '');
      const { role } = ensureUser(request.store, login);
      const effective = role ?? (request.store.isPrivate ? null : 'read');
      return {
        status: 200,
        body: {
          permission: coarse(effective),
          role_name: effective ?? 'none',
          user: {
            ...renderUser(login, request),
            role_name: effective ?? 'none',
            permissions: rights(effective),
          },
        },
      };
    },
  },
  'repos/get-branch-protection': {
    needs: () => [{ scope: 'administration', level: 'read' }],
    handle: (request) => {
      const branch = branchOf(request);
      const protection = request.store.branchProtection.get(branch);
      if (protection === undefined) throw notFound('Branch not protected');
      const url = `${repositoryUrl(request)}/branches/${branch}/protection`;
      return { status: 200, body: renderProtection(protection, url) };
    },
  },
  'repos/get-branch-rules': {
    needs: readsMetadata,
    handle: (request) => ({
      status: 200,
      page: (request.store.branchRules.get(branchOf(request)) ?? []).map(
        (rule): Json => ({
          ...rule,
          ruleset_source_type: 'Repository',
          ruleset_source: `${request.store.owner}/${request.store.repo}`,
          ruleset_id: 1,
        }),
      ),
    }),
  },
} satisfies Handlers;

function branchOf({ parameters }: HandledRequest): string {
  return decodeURIComponent(parameters.branch ?? '');
}

/** GitHub's old four levels: maintain is told as write, triage as read. */
function coarse(role: Role | null): string {
  if (role === null) return 'none';
  return role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role;
}

function rights(role: Role | null): { readonly [right: string]: boolean } {
  return {
    pull: role !== null,
    triage: hasRole(role, 'triage'),
    push: hasRole(role, 'write'),
    maintain: hasRole(role, 'maintain'),
    admin: role === 'admin',
  };
}

function callerPermissions(request: HandledRequest): JsonObject {
  const { identity } = request;
  if (kindOf(identity) === 'person') return { ...rights(roleOf(request)) };
  const may = (scope: 'contents' | 'administration'): boolean =>
    isAllowed(identity, [{ scope, level: 'write' }]);
  return { pull: true, triage: false, push: may('contents'), maintain: false, admin: may('administration') };
}

function renderProtection(protection: BranchProtection, url: string): JsonObject {
  return {
    url,
    required_status_checks: {
      url: `${url}/required_status_checks`,
      strict: protection.strictChecks,
      contexts: [...protection.requiredChecks],
      contexts_url: `${url}/required_status_checks/contexts`,
      checks: protection.requiredChecks.map((context) => ({ context, app_id: null })),
    },
    ...(protection.requiredReviews === 0
      ? {}
      : {
          required_pull_request_reviews: {
            url: `${url}/required_pull_request_reviews`,
            dismiss_stale_reviews: protection.dismissStale,
            require_code_owner_reviews: protection.requireCodeOwners,
            required_approving_review_count: protection.requiredReviews,
            require_last_push_approval: false,
          },
        }),
    required_signatures: { url: `${url}/required_signatures`, enabled: false },
    enforce_admins: { url: `${url}/enforce_admins`, enabled: protection.enforceAdmins },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: protection.allowForcePushes },
    allow_deletions: { enabled: protection.allowDeletions },
    block_creations: { enabled: false },
    required_conversation_resolution: { enabled: protection.requireConversationResolution },
    lock_branch: { enabled: false },
    allow_fork_syncing: { enabled: false },
  };
}
