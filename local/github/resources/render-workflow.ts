import type { JsonObject } from '../json-schema.ts';
import { type StoredWorkflow, WorkflowFileError, workflowAt } from '../state/workflows.ts';
import type { Store } from '../store.ts';
import { htmlUrl, instant, type RenderContext, repositoryUrl } from './render.ts';

/** A workflow as GitHub shows it. */
export function renderWorkflow(workflow: StoredWorkflow, context: RenderContext): JsonObject {
  const { store } = context;
  return {
    id: workflow.id,
    node_id: `W_${workflow.id}`,
    name: nameOf(store, workflow),
    path: workflow.path,
    state: workflow.state,
    created_at: instant(workflow.createdAt),
    updated_at: instant(workflow.updatedAt),
    url: `${repositoryUrl(context)}/actions/workflows/${workflow.id}`,
    html_url: `${htmlUrl(context)}/blob/${store.defaultBranch}/${workflow.path}`,
    badge_url: `${htmlUrl(context)}/workflows/${encodeURIComponent(nameOf(store, workflow))}/badge.svg`,
  };
}

/** The name in the file of the default branch; its path where there is none. */
function nameOf(store: Store, { path }: StoredWorkflow): string {
  try {
    return workflowAt(store, path, store.defaultBranch)?.name ?? path;
  } catch (error) {
    if (error instanceof WorkflowFileError) return path;
    throw error;
  }
}
