import { resolveCommit } from '../../github/state/commits.ts';
import { readFile } from '../../github/state/git-objects.ts';
import { WorkflowError } from '../expressions.ts';
import { loadWorkflow } from '../load-workflow.ts';
import type { Workflow } from '../model.ts';
import type { Workshop } from './session.ts';

/** A workflow file at a commit: what it says, why GitHub would refuse it, or null where there is none. */
export async function readWorkflow(
  { host, language }: Workshop,
  path: string,
  sha: string,
): Promise<Workflow | WorkflowError | null> {
  const commit = resolveCommit(host.store, sha);
  const text = commit === null ? null : readFile(host.store, commit.tree, path);
  if (text === null) return null;
  try {
    return await loadWorkflow(language, path, text);
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
}
