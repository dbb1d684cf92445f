import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { findWorkflow, type StoredWorkflow } from '../state/workflows.ts';
import { renderWorkflow } from './render-workflow.ts';

const readsActions = () => [{ scope: 'actions', level: 'read' } as const];
const writesActions = () => [{ scope: 'actions', level: 'write' } as const];

/** Workflows themselves. */
export const workflows = {
  'actions/list-repo-workflows': {
    needs: readsActions,
    handle: (request) => ({
      status: 200,
      pageName: 'workflows',
      page: [...request.store.workflows.values()]
        .filter((workflow) => workflow.state !== 'deleted')
        .map((workflow) => renderWorkflow(workflow, request)),
    }),
  },
  'actions/get-workflow': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: renderWorkflow(workflowOf(request), request) }),
  },
  'actions/enable-workflow': {
    needs: writesActions,
    handle: (request) => change(request, 'active'),
  },
  'actions/disable-workflow': {
    needs: writesActions,
    handle: (request) => change(request, 'disabled_manually'),
  },
} satisfies Handlers;

/** The workflow a path names, by id or file. @throws GitHubError 404 */
export function workflowOf({ store, parameters }: HandledRequest): StoredWorkflow {
  return findWorkflow(store, decodeURIComponent(parameters.workflow_id ?? ''));
}

function change(request: HandledRequest, state: StoredWorkflow['state']): HandledResponse {
  const workflow = workflowOf(request);
  workflow.state = state;
  workflow.updatedAt = request.store.now();
  return { status: 204 };
}
