import type { ActionRun } from '../io/run-action.ts';
import { type RunContext, readRunContext } from '../io/run-context.ts';
import { type ReadDeclarations, readDeclarations } from './read-declarations.ts';

/** Where an action runs, and what is declared there. */
export interface Workspace {
  readonly context: RunContext;
  readonly declarations: ReadDeclarations;
}

/** Opens the workspace of an action. Its token, and every value that must not be seen, are hidden from then on. */
export async function openWorkspace(
  { githubToken, root }: { readonly githubToken: string; readonly root: string },
  { environment, redaction }: Pick<ActionRun, 'environment' | 'redaction'>,
): Promise<Workspace> {
  redaction.add(githubToken);
  const context = readRunContext(environment);
  const { workspace } = context;
  return { context, declarations: await readDeclarations({ workspace, root, environment, redaction }) };
}
