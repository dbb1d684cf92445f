import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowError } from './expressions.ts';
import type { Language } from './language.ts';
import { invalid, stepsOf } from './load-workflow.ts';
import type { Part, Step } from './model.ts';

/** An action's metadata, as far as running it needs it. */
export interface Action {
  readonly name: string;
  /** Holds its action.yml. */
  readonly folder: string;
  /** Defaults of its inputs, by name as the file has it. */
  readonly inputs: ReadonlyMap<string, { readonly required: boolean; readonly fallback: Part }>;
  readonly outputs: ReadonlyMap<string, Part>;
  readonly runs: JavaScript | Composite;
}

/** Files that Node runs, relative to the action's folder. */
export interface JavaScript {
  readonly kind: 'javascript';
  readonly main: string;
  readonly pre: Phase | null;
  readonly post: Phase | null;
}

/** What runs before or after, and when. */
export interface Phase {
  readonly file: string;
  readonly if: string;
}

/** Steps of its own. */
export interface Composite {
  readonly kind: 'composite';
  readonly steps: readonly Step[];
}

/**
 * Reads an action.yml with GitHub's own parser.
 *
 * @throws WorkflowError when there is none, GitHub would refuse it, or it needs Docker
 */
export function loadAction(language: Language, folder: string): Action {
  const file = ['action.yml', 'action.yaml']
    .map((name) => path.join(folder, name))
    .find((each) => existsSync(each));
  if (file === undefined) {
    throw new WorkflowError(
      `Can't find 'action.yml' or 'action.yaml' under '${folder}'. Did you forget to run actions/checkout before running your local action?`,
    );
  }
  const { parseAction, convertActionTemplate } = language.actions;
  const trace = new language.workflows.NoOperationTraceWriter();
  const { context, value: root } = parseAction({ name: file, content: readFileSync(file, 'utf8') }, trace);
  if (root === undefined) throw invalid(file, context);
  const template = convertActionTemplate(context, root);
  if (context.errors.count > 0) throw invalid(file, context);
  return {
    name: template.name,
    folder,
    inputs: new Map(
      (template.inputs ?? []).map(({ id, required, default: fallback }) => [
        id,
        { required: required === true, fallback },
      ]),
    ),
    outputs: new Map((template.outputs ?? []).map(({ id, value }) => [id, value])),
    runs: runsOf(language, file, template, root),
  };
}

function runsOf(
  language: Language,
  file: string,
  { runs }: ReturnType<Language['actions']['convertActionTemplate']>,
  root: NonNullable<Part>,
): Action['runs'] {
  switch (runs.using) {
    case 'composite': {
      const { isMapping } = language.workflows;
      const section = isMapping(root) ? root.find('runs') : undefined;
      const tokens = section !== undefined && isMapping(section) ? section.find('steps') : undefined;
      return { kind: 'composite', steps: stepsOf({ file, language }, runs.steps, tokens) };
    }
    case 'docker':
      throw new WorkflowError(`${file} runs in Docker, which this runner cannot do`);
    default:
      return {
        kind: 'javascript',
        main: runs.main,
        pre: runs.pre === undefined ? null : { file: runs.pre, if: runs.preIf ?? 'always()' },
        post: runs.post === undefined ? null : { file: runs.post, if: runs.postIf ?? 'always()' },
      };
  }
}
