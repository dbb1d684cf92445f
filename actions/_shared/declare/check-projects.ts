/** What can only be seen of projects with the environments and, for this very repository, its workflows at hand. Pure. */
import type { AllObjects, FileFinding } from './check-across.ts';
import { closestWord } from './closest-word.ts';
import type { Finding, ValuePath } from './finding.ts';
import { type DefinedBranch, resolveProject } from './kinds/project-spec.ts';
import { OUR_INPUTS } from './lint/lint-project.ts';
import type { ProjectDefinition } from './model.ts';
import { isRepository, type OwnRepository, type WorkflowContract } from './own-repository.ts';

/** Findings about what projects of this repository name in it. */
export function checkProjects(objects: AllObjects): readonly FileFinding[] {
  const { own, projects } = objects;
  if (own === null) return [];
  return projects.specs.flatMap(({ spec, file }) => {
    const location = { file, line: 1, column: 1 };
    const base = checkDefinition(spec.settings, objects, own);
    const known = new Set(base.map(({ message }) => message));
    const others = Object.keys(spec.overrides).flatMap((environment) => {
      const definition = resolveProject({ spec, location }, environment)?.definition;
      if (definition === undefined) return [];
      return checkDefinition(definition, objects, own)
        .filter(({ message }) => !known.has(message))
        .map((found) => ({
          ...found,
          at: { path: ['environments', environment], part: 'key' as const },
        }));
    });
    return [...base, ...others].map((finding) => ({ file, finding }));
  });
}

function checkDefinition(
  definition: ProjectDefinition,
  objects: AllObjects,
  own: OwnRepository,
): readonly Finding[] {
  if (!definition.dispatch || !isRepository(definition.repository, own.name)) return [];
  return Object.entries(definition.branches).flatMap(([name, branch]) => {
    const workflow = branch.workflow ?? definition.workflow;
    const path: ValuePath = branch.workflow === null ? ['workflow'] : ['branches', name, 'workflow'];
    return [
      ...checkGitHubEnvironment(branch, ['branches', name, 'environment'], objects),
      ...(workflow === null ? [] : checkWorkflow({ name, branch, workflow, path }, own)),
    ];
  });
}

/** A warning: GitHub may have environments that are nobody's target here. */
function checkGitHubEnvironment(
  { environment }: DefinedBranch,
  path: ValuePath,
  { environments }: AllObjects,
): readonly Finding[] {
  if (environment === null || !environments.complete) return [];
  const declared = new Set(environments.specs.flatMap(({ spec }) => spec.githubEnvironment ?? []));
  if (declared.size === 0 || declared.has(environment)) return [];
  const near = closestWord(environment, declared);
  return [
    {
      severity: 'warning',
      code: 'github-environment-undeclared',
      message: `\`${environment}\` is the \`github_environment\` of no environment`,
      hint:
        near === undefined
          ? `Declared are ${[...declared].join(', ')}. An environment nobody declares has no reviewers until somebody gives it some.`
          : `Did you mean \`${near}\`?`,
      at: { path },
    },
  ];
}

interface BranchWorkflow {
  readonly name: string;
  readonly branch: DefinedBranch;
  readonly workflow: string;
  /** Where the workflow is named. */
  readonly path: ValuePath;
}

function checkWorkflow(named: BranchWorkflow, { workflows }: OwnRepository): readonly Finding[] {
  const { workflow, path } = named;
  const contract = workflows.get(workflow);
  if (contract === undefined) return [];
  const error = (code: string, message: string, hint: string): Finding => ({
    severity: 'error',
    code,
    message,
    hint,
    at: { path },
  });
  if (contract === null) {
    return [
      error(
        'workflow-missing',
        `there is no .github/workflows/${workflow}`,
        'Add it; docs/builds.md says what it needs.',
      ),
    ];
  }
  if (contract.inputs === null) {
    return [
      error(
        'workflow-closed',
        `${workflow} can't be dispatched`,
        'Add `workflow_dispatch` with the inputs of docs/builds.md.',
      ),
    ];
  }
  return [...checkOurInputs(contract, contract.inputs, named), ...checkInputs(contract.inputs, named)];
}

/** What a build tells its run: without its id a run can't be found again when GitHub's answer is lost. */
function checkOurInputs(
  { runName }: WorkflowContract,
  inputs: NonNullable<WorkflowContract['inputs']>,
  { workflow, path }: BranchWorkflow,
): readonly Finding[] {
  const findings = OUR_INPUTS.filter((name) => !inputs.has(name)).map((name): Finding => {
    const goesWithout = name === 'ops_commit';
    return {
      severity: goesWithout ? 'warning' : 'error',
      code: 'workflow-lacks-input',
      message: goesWithout
        ? `${workflow} has no input \`${name}\`: builds of a certain commit, and so rollbacks, are refused`
        : `${workflow} has no input \`${name}\`, and GitHub refuses a run that is told one`,
      hint: 'Add the inputs of docs/builds.md to `workflow_dispatch`.',
      at: { path },
    };
  });
  const unnamed = (['ops_build_id', 'ops_build_attempt'] as const).filter(
    (name) => !runName.includes(`inputs.${name}`),
  );
  if (unnamed.length === 0) return findings;
  return [
    ...findings,
    {
      severity: 'error',
      code: 'workflow-run-name',
      message: `the \`run-name\` of ${workflow} does not hold ${unnamed.join(' and ')}: a run whose number GitHub did not tell is never found`,
      hint: `Write \`run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}\`.`,
      at: { path },
    },
  ];
}

function checkInputs(
  inputs: NonNullable<WorkflowContract['inputs']>,
  { name, branch, workflow }: BranchWorkflow,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [input, value] of Object.entries(branch.inputs)) {
    const path: ValuePath = ['branches', name, 'inputs', input];
    const known = inputs.get(input);
    if (known === undefined) {
      const near = closestWord(input, inputs.keys());
      findings.push({
        severity: 'error',
        code: 'input-unknown',
        message: `${workflow} has no input \`${input}\``,
        hint: near === undefined ? 'Add it to `workflow_dispatch`.' : `Did you mean \`${near}\`?`,
        at: { path, part: 'key' },
      });
    } else if (known.options !== null && !known.options.includes(value)) {
      findings.push({
        severity: 'error',
        code: 'input-choice',
        message: `input \`${input}\` of ${workflow} can't be \`${value}\``,
        hint: `It is one of ${known.options.join(', ')}.`,
        at: { path },
      });
    }
  }
  for (const [input, { needed }] of inputs) {
    if (!needed || Object.hasOwn(branch.inputs, input) || OUR_INPUTS.some((ours) => ours === input)) continue;
    findings.push({
      severity: 'error',
      code: 'input-missing',
      message: `${workflow} requires input \`${input}\`, and nobody tells it`,
      hint: `Add it to \`inputs\` of branch \`${name}\`.`,
      at: { path: ['branches', name], part: 'key' },
    });
  }
  return findings;
}
