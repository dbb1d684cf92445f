import type * as parsed from '@actions/workflow-parser/model/workflow-template';
import type { TemplateContext } from '@actions/workflow-parser/templates/template-context';
import { meantCondition } from './condition.ts';
import { asText, createExpressions, type Expressions, WorkflowError } from './expressions.ts';
import type { Language } from './language.ts';
import { type Job, type Part, type Permissions, partOf, type Step, type Workflow } from './model.ts';

/**
 * Reads a workflow file with GitHub's own parser.
 *
 * @param file path inside the repository
 * @throws WorkflowError with everything GitHub objects to, and for what this runner cannot do
 */
export async function loadWorkflow(language: Language, file: string, text: string): Promise<Workflow> {
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = language.workflows;
  const { context, value: root } = parseWorkflow({ name: file, content: text }, new NoOperationTraceWriter());
  if (root === undefined) throw invalid(file, context);
  const template = await convertWorkflowTemplate(context, root);
  if (context.errors.count > 0) throw invalid(file, context);
  const reader = { file, language, expressions: createExpressions(language) };
  const jobs = partOf(root, 'jobs');
  return {
    file,
    name: scalar(reader, partOf(root, 'name')) || file,
    runName: partOf(root, 'run-name'),
    events: template.events,
    permissions: permissionsOf(reader, partOf(root, 'permissions')),
    concurrency: partOf(root, 'concurrency'),
    env: partOf(root, 'env'),
    defaults: partOf(root, 'defaults'),
    jobs: template.jobs.map((job) => jobOf(reader, job, partOf(jobs, job.id.value))),
  };
}

/** Everything a file is refused for, in one error. */
export function invalid(file: string, context: TemplateContext): WorkflowError {
  const reasons = context.errors.getErrors().map(({ message }) => message);
  return new WorkflowError(`GitHub would refuse ${file}:\n${reasons.join('\n')}`);
}

interface Reader {
  readonly file: string;
  readonly language: Language;
  readonly expressions: Expressions;
}

function jobOf(reader: Reader, job: parsed.WorkflowJob, token: Part): Job {
  const id = job.id.value;
  if (job.type === 'reusableWorkflowJob') throw beyond(reader, id, 'calls another workflow');
  return {
    id,
    name: partOf(token, 'name'),
    needs: (job.needs ?? []).map(({ value }) => value),
    if: meantCondition(job.if.expression, `${reader.file}: job ${id}`),
    permissions: permissionsOf(reader, partOf(token, 'permissions')),
    environment: job.environment,
    concurrency: job.concurrency,
    strategy: job.strategy,
    outputs: job.outputs,
    env: job.env,
    defaults: partOf(token, 'defaults'),
    timeoutMinutes: partOf(token, 'timeout-minutes'),
    continueOnError: partOf(token, 'continue-on-error'),
    steps: stepsOf(reader, job.steps, partOf(token, 'steps')),
    beyondUs: (['container', 'services', 'snapshot'] as const).find((key) => job[key] !== undefined) ?? null,
  };
}

/** Steps as GitHub converts them, with the parts its conversion leaves out. */
export function stepsOf(
  { file, language }: { readonly file: string; readonly language: Language },
  steps: readonly parsed.Step[],
  tokens: Part,
): Step[] {
  const { isSequence } = language.workflows;
  const parts = tokens !== undefined && isSequence(tokens) ? [...tokens] : [];
  return steps.map((step, index) => {
    const part = parts[index];
    if (!('run' in step || 'uses' in step) || step.background === true) {
      throw new WorkflowError(`${file}: step ${step.id} runs beside others, which this runner cannot do`);
    }
    return {
      id: step.id,
      if: meantCondition(step.if.expression, `${file}: step ${step.id}`),
      name: partOf(part, 'name'),
      uses: 'uses' in step ? step.uses.value : null,
      run: 'run' in step ? step.run : undefined,
      with: partOf(part, 'with'),
      env: step.env,
      shell: partOf(part, 'shell'),
      workingDirectory: partOf(part, 'working-directory'),
      continueOnError: partOf(part, 'continue-on-error'),
      timeoutMinutes: partOf(part, 'timeout-minutes'),
    };
  });
}

function permissionsOf({ file, expressions }: Reader, part: Part): Permissions {
  if (part === undefined) return undefined;
  const value = expressions.resolve(part, { contexts: {} });
  if (value === 'read-all' || value === 'write-all') return value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new WorkflowError(`${file}: permissions cannot be ${asText(value)}`);
  }
  return Object.fromEntries(Object.entries(value).map(([scope, level]) => [scope, asText(level)]));
}

function scalar({ expressions }: Reader, part: Part): string {
  return expressions.text(part, { contexts: {} });
}

function beyond({ file }: Reader, job: string, what: string): WorkflowError {
  return new WorkflowError(`${file}: job ${job} ${what}, which this runner cannot do`);
}
