import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import type { Need } from '../tokens.ts';
import { environmentOf } from './environments.ts';
import { instant, repositoryUrl } from './render.ts';

const needs = (scope: Need['scope']) => (): readonly Need[] => [{ scope, level: 'read' }];

/** How Actions is set up, and the names of secrets; no answer ever holds a secret's value. */
export const actionSettings = {
  'actions/list-repo-secrets': {
    needs: needs('secrets'),
    handle: ({ store }) => secretNames(store.secrets),
  },
  'actions/list-repo-organization-secrets': {
    needs: needs('secrets'),
    handle: ({ store }) => secretNames(store.organizationSecrets),
  },
  'actions/list-environment-secrets': {
    needs: needs('environments'),
    handle: (request) => secretNames(environmentOf(request).secrets),
  },
  'actions/list-repo-variables': {
    needs: needs('variables'),
    handle: (request) => variableNames(request, request.store.variables),
  },
  'actions/list-repo-organization-variables': {
    needs: needs('variables'),
    handle: (request) => variableNames(request, request.store.organizationVariables),
  },
  'actions/list-environment-variables': {
    needs: needs('environments'),
    handle: (request) => variableNames(request, environmentOf(request).variables),
  },
  'actions/get-github-actions-permissions-repository': {
    needs: needs('administration'),
    handle: (request) => {
      const { actionsEnabled, allowedActions, shaPinningRequired } = request.store;
      if (!actionsEnabled) return { status: 200, body: { enabled: false } };
      return {
        status: 200,
        body: {
          enabled: true,
          allowed_actions: allowedActions,
          sha_pinning_required: shaPinningRequired,
          ...(allowedActions === 'selected'
            ? { selected_actions_url: `${repositoryUrl(request)}/actions/permissions/selected-actions` }
            : {}),
        },
      };
    },
  },
  'actions/get-github-actions-default-workflow-permissions-repository': {
    needs: needs('administration'),
    handle: ({ store }) => ({
      status: 200,
      body: {
        default_workflow_permissions: store.defaultWorkflowPermissions,
        can_approve_pull_request_reviews: store.workflowsMayApprove,
      },
    }),
  },
  'actions/get-custom-oidc-sub-claim-for-repo': {
    needs: needs('actions'),
    handle: ({ store }) => ({
      status: 200,
      body: {
        use_default: store.oidcSubject === null,
        use_immutable_subject: true,
        sub_claim_prefix: `repo:${store.owner}@${store.ownerId}/${store.repo}@${store.repositoryId}`,
        ...(store.oidcSubject === null ? {} : { include_claim_keys: [...store.oidcSubject] }),
      },
    }),
  },
} satisfies Handlers;

function secretNames(secrets: ReadonlyMap<string, Date>): HandledResponse {
  return {
    status: 200,
    pageName: 'secrets',
    page: [...secrets].map(([name, at]) => ({ name, created_at: instant(at), updated_at: instant(at) })),
  };
}

function variableNames({ store }: HandledRequest, variables: ReadonlyMap<string, string>): HandledResponse {
  const at = instant(store.now());
  return {
    status: 200,
    pageName: 'variables',
    page: [...variables].map(([name, value]) => ({ name, value, created_at: at, updated_at: at })),
  };
}
