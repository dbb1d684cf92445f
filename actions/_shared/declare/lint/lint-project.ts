/** What can be said about one project by looking at its file alone. */
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { DefinedBranch, ProjectSpec } from '../kinds/project-spec.ts';

/** Inputs that every dispatched build gets from us. */
export const OUR_INPUTS = ['ops_build_id', 'ops_build_attempt', 'ops_commit'] as const;
/** As many as GitHub takes, ours among them. */
const MOST_INPUTS = 25;

/** Reports what will hurt although it is well formed. */
export function lintProject(spec: ProjectSpec, report: ReportFinding): ProjectSpec {
  const { settings, overrides } = spec;
  if (settings.owner === null) {
    report({
      severity: 'notice',
      code: 'project-unowned',
      message: 'nobody owns this project',
      hint: 'Add `owner: "@team"`.',
      at: { path: ['branches'], part: 'key' },
    });
  }
  lintLanes(spec, report);
  for (const [name, branch] of Object.entries(settings.branches)) {
    lintBranch(branch, ['branches', name], report);
    lintInputs(branch.inputs, ['branches', name, 'inputs'], report);
    if (settings.dispatch) lintWorkflow(settings.workflow, branch, ['branches', name], report);
  }
  for (const [environment, override] of Object.entries(overrides)) {
    const path: ValuePath = ['environments', environment];
    const there = { ...settings, ...override.settings };
    for (const [name, { inputs = {} }] of Object.entries(override.branches)) {
      lintInputs(inputs, [...path, 'branches', name, 'inputs'], report);
    }
    if (settings.dispatch || !there.dispatch) continue;
    for (const [name, branch] of Object.entries(settings.branches)) {
      lintWorkflow(there.workflow, { ...branch, ...override.branches[name] }, path, report);
    }
  }
  return spec;
}

function lintWorkflow(
  workflow: string | null,
  branch: DefinedBranch,
  path: ValuePath,
  report: ReportFinding,
): void {
  if (workflow !== null || branch.workflow !== null) return;
  report({
    severity: 'error',
    code: 'workflow-undeclared',
    message: `nothing says which workflow builds ${path[0] === 'branches' ? 'this branch' : 'a branch here'}`,
    hint: 'Add `workflow: build.yml` to the project or to the branch, or `dispatch: runners`.',
    at: { path, part: 'key' },
  });
}

function lintLanes({ settings: { branches } }: ProjectSpec, report: ReportFinding): void {
  const names = Object.keys(branches);
  if (names.length === 0) {
    report({
      severity: 'error',
      code: 'project-empty',
      message: 'this project has no branch: nothing of it is ever built',
      hint: 'Write `main: { lane: production }` under `branches`.',
      at: { path: ['branches'] },
    });
  }
  const [first, ...others] = names.filter((name) => branches[name]?.lane === 'production');
  for (const name of others) {
    report({
      severity: 'error',
      code: 'two-productions',
      message: `\`${first}\` is in lane production already: of a project one branch is`,
      hint: 'Choose `staging`, or make it a project of its own.',
      at: { path: ['branches', name, 'lane'] },
    });
  }
}

function lintBranch(branch: DefinedBranch, path: ValuePath, report: ReportFinding): void {
  if (branch.lane === 'production' && branch.stop_superseded) {
    report({
      severity: 'warning',
      code: 'stops-production',
      message: 'a new build stops the one before it, in the middle of what it does to production',
      hint: 'Leave it out: the new one waits until the one before it has ended.',
      at: { path: [...path, 'stop_superseded'] },
    });
  }
  if (branch.lane === 'production' && !branch.one_at_a_time) {
    report({
      severity: 'warning',
      code: 'side-by-side',
      message: 'two builds may change production at once, and the older one may end last',
      hint: 'Leave it out.',
      at: { path: [...path, 'one_at_a_time'] },
    });
  }
  if (branch.waiting_limit !== null && (branch.cancel_superseded || branch.stop_superseded)) {
    report({
      severity: 'warning',
      code: 'limit-idle',
      message: 'a new build cancels those that wait, so that this limit is never reached',
      hint: 'Leave out one of the two.',
      at: { path: [...path, 'waiting_limit'] },
    });
  }
}

function lintInputs(inputs: DefinedBranch['inputs'], path: ValuePath, report: ReportFinding): void {
  const names = Object.keys(inputs);
  for (const name of names.filter((name) => OUR_INPUTS.some((ours) => ours === name))) {
    report({
      severity: 'error',
      code: 'input-reserved',
      message: `\`${name}\` is told by us, for each build anew`,
      hint: 'Remove it.',
      at: { path: [...path, name], part: 'key' },
    });
  }
  if (names.length + OUR_INPUTS.length > MOST_INPUTS) {
    report({
      severity: 'error',
      code: 'too-many-inputs',
      message: `GitHub takes ${MOST_INPUTS} inputs, ${OUR_INPUTS.length} of which are ours`,
      hint: 'Put several into one, as JSON.',
      at: { path, part: 'key' },
    });
  }
}
