import path from 'node:path';
import { WorkflowError } from '../expressions.ts';
import { type KnownAction, knownAction } from '../known/registry.ts';
import { type Action, loadAction } from '../load-action.ts';
import type { JobOrder } from './job-order.ts';

/** What a `uses:` leads to. */
export type Resolved =
  | { readonly kind: 'known'; readonly action: KnownAction; readonly name: string }
  | { readonly kind: 'own'; readonly action: Action };

/**
 * Finds the action a step uses: `$/x` in the commit of the workflow, `./x` in the workspace, a few of GitHub's own among
 * our stand-ins.
 *
 * @throws WorkflowError for anything else
 */
export function resolveAction(order: JobOrder, uses: string): Resolved {
  if (uses.startsWith('$/')) {
    return {
      kind: 'own',
      action: loadAction(order.language, inside(order.services.source(order.sha), uses)),
    };
  }
  if (uses.startsWith('./')) {
    return { kind: 'own', action: loadAction(order.language, inside(order.folders.workspace, uses)) };
  }
  if (uses.startsWith('docker://'))
    throw new WorkflowError(`${uses} runs in Docker, which this runner cannot do`);
  const [name = '', ref] = uses.split('@');
  if (ref === undefined) {
    throw new WorkflowError(`Expected format {org}/{repo}[/path]@ref. Actual '${uses}'`);
  }
  const action = knownAction(name);
  if (action === null) {
    throw new WorkflowError(
      `This runner downloads no actions, and has no stand-in for ${name}. local/workflows/known/ says which it has.`,
    );
  }
  return { kind: 'known', action, name };
}

function inside(folder: string, uses: string): string {
  const found = path.resolve(folder, uses.slice(2));
  if (found !== folder && !found.startsWith(`${folder}${path.sep}`)) {
    throw new WorkflowError(`${uses} is outside of the repository`);
  }
  return found;
}
