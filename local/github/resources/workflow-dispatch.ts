import * as z from 'zod';
import { dispatchRepository } from '../acts/repository-dispatch.ts';
import { GitHubError } from '../github-error.ts';
import type { Handlers } from '../handler.ts';
import { dispatchWorkflow } from '../runs/dispatch.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { htmlUrl, repositoryUrl } from './render.ts';
import { workflowOf } from './workflows.ts';

const Dispatch = z.object({
  ref: z.string(),
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  return_run_details: z.boolean().default(false),
});
const RepositoryDispatch = z.object({
  event_type: z.string().min(1).max(100),
  client_payload: z.record(z.string(), z.json()).default({}),
});
const MOST_INPUTS = 25;
const MOST_PAYLOAD_KEYS = 10;

/** Starting workflows by hand. */
export const dispatches = {
  'actions/create-workflow-dispatch': {
    needs: () => [{ scope: 'actions', level: 'write' }],
    handle: (request) => {
      const workflow = workflowOf(request);
      const { ref, inputs, ...wants } = parseBody(Dispatch, {
        body: request.body,
        resource: 'WorkflowDispatch',
      });
      refuseMore(inputs, MOST_INPUTS);
      const run = dispatchWorkflow(request, actorOf(request.identity), { workflow, ref, inputs });
      if (!wants.return_run_details) return { status: 204 };
      return {
        status: 200,
        body: {
          workflow_run_id: run.id,
          run_url: `${repositoryUrl(request)}/actions/runs/${run.id}`,
          html_url: `${htmlUrl(request)}/actions/runs/${run.id}`,
        },
      };
    },
  },
  'repos/create-dispatch-event': {
    needs: () => [{ scope: 'contents', level: 'write' }],
    handle: (request) => {
      const { event_type: type, client_payload: payload } = parseBody(RepositoryDispatch, {
        body: request.body,
        resource: 'RepositoryDispatch',
      });
      refuseMore(payload, MOST_PAYLOAD_KEYS);
      dispatchRepository(request, actorOf(request.identity), { type, payload });
      return { status: 204 };
    },
  },
} satisfies Handlers;

function refuseMore(values: Readonly<Record<string, unknown>>, most: number): void {
  const count = Object.keys(values).length;
  if (count <= most) return;
  throw new GitHubError(
    422,
    `Invalid request.\n\nNo more than ${most} properties are permitted; ${count} were supplied.`,
  );
}
