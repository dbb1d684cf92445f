import * as z from 'zod';
import { GitHubError, invalid } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { Json, JsonObject } from '../json-schema.ts';
import { mayReview, pendingOf } from '../runs/approvals.ts';
import type { StoredEnvironment } from '../state/environments.ts';
import { kindOf } from '../tokens.ts';
import { parseBody } from './bodies.ts';
import { htmlUrl, instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';
import { renderDeployment } from './render-deployment.ts';
import { renderReviewers } from './render-environment.ts';
import { runOf } from './workflow-runs.ts';

const Review = z.object({
  environment_ids: z.array(z.number().int()).min(1),
  state: z.enum(['approved', 'rejected']),
  comment: z.string(),
});
const readsActions = () => [{ scope: 'actions', level: 'read' } as const];

/** Runs that wait for somebody to say yes. */
export const approvals = {
  'actions/get-pending-deployments-for-run': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: pendingDeployments(request) }),
  },
  'actions/review-pending-deployments-for-run': {
    needs: () => [{ scope: 'deployments', level: 'write' }],
    handle: (request) => {
      // No workflow approves what waits for people.
      if (kindOf(request.identity) === 'workflow') throw new GitHubError(403, 'Must be a required reviewer');
      const run = runOf(request);
      const review = parseBody(Review, { body: request.body, resource: 'WorkflowRun' });
      const waiting = pendingOf(request.store, run.id).filter(({ environment }) =>
        review.environment_ids.includes(environment.id),
      );
      if (waiting.length < new Set(review.environment_ids).size) {
        throw invalid({ resource: 'WorkflowRun', field: 'environment_ids', code: 'invalid' });
      }
      request.runs.review(run.id, {
        environments: waiting.map(({ environment }) => environment.name),
        state: review.state,
        login: request.identity.login,
        comment: review.comment,
      });
      const deployments = waiting.flatMap(
        ({ job }) => request.store.deployments.get(job.deploymentId ?? 0) ?? [],
      );
      return { status: 200, body: deployments.map((each) => renderDeployment(each, request)) };
    },
  },
  'actions/get-reviews-for-run': {
    needs: readsActions,
    handle: (request) => ({
      status: 200,
      body: runOf(request).reviews.map((review) => ({
        state: review.state,
        comment: review.comment,
        user: renderUser(review.login, request),
        environments: review.environments.flatMap((name) => {
          const environment = request.store.environments.get(name.toLowerCase());
          return environment === undefined ? [] : [renderGate(environment, request)];
        }),
      })),
    }),
  },
} satisfies Handlers;

function pendingDeployments(request: HandledRequest): Json[] {
  const run = runOf(request);
  return pendingOf(request.store, run.id).map(({ environment, since }) => ({
    environment: renderGate(environment, request),
    wait_timer: environment.waitMinutes,
    wait_timer_started_at: environment.waitMinutes === 0 ? null : instant(since),
    current_user_can_approve: mayReview(request.store, environment, { run, login: request.identity.login }),
    reviewers: renderReviewers(environment, request),
  }));
}

function renderGate(environment: StoredEnvironment, context: RenderContext): JsonObject {
  return {
    id: environment.id,
    node_id: `EN_${environment.id}`,
    name: environment.name,
    url: `${repositoryUrl(context)}/environments/${encodeURIComponent(environment.name)}`,
    html_url: `${htmlUrl(context)}/deployments/activity_log?environments_filter=${encodeURIComponent(environment.name)}`,
    created_at: instant(environment.createdAt),
    updated_at: instant(environment.updatedAt),
  };
}
