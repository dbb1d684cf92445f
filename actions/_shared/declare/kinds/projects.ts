/** A file of `runbooks/projects/`: one project, named by its file, its branches, and what differs per environment. */
import { checkValue } from '../check-value.ts';
import { closestWord } from '../closest-word.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding } from '../finding.ts';
import type { DefinedBranch, ProjectOverride, ProjectSpec } from './project-spec.ts';
import {
  type BranchSettingsValue,
  type BranchValue,
  ProjectFile,
  type ProjectFileValue,
  type ProjectOverrideValue,
  SLUG,
} from './projects-schema.ts';

/** Reads the value of one file. Null when something in it is wrong (reported). */
export function readProject(slug: string, value: unknown, report: ReportFinding): ProjectSpec | null {
  const file = checkValue(ProjectFile, value, report);
  if (!SLUG.test(slug)) {
    report({
      severity: 'error',
      code: 'invalid-name',
      message: `\`${slug}\` can't be the slug of a project`,
      hint: 'A slug is lower-case letters and digits, with `-` inside.',
      at: { path: [], part: 'key' },
    });
    return null;
  }
  if (file === null) return null;
  const environments = Object.entries(file.environments ?? {});
  const unknown = environments.filter(
    ([environment, override]) => !namesBranches(file, environment, override, report),
  );
  if (unknown.length > 0) return null;
  return {
    slug,
    organisation: file.organisation,
    settings: {
      title: file.title ?? slug,
      description: file.description ?? null,
      owner: file.owner ?? null,
      repository: file.repository,
      workflow: file.workflow ?? null,
      dispatch: file.dispatch !== 'runners',
      runtime_version: file.runtime_version ?? null,
      keep_seconds: file.keep === undefined ? null : seconds(file.keep),
      branches: Object.fromEntries(
        Object.entries(file.branches).map(([name, branch]) => [name, branchOf(branch)]),
      ),
    },
    overrides: Object.fromEntries(environments.map(([name, override]) => [name, overrideOf(override)])),
  };
}

function branchOf({ lane, ...settings }: BranchValue): DefinedBranch {
  return {
    lane,
    workflow: null,
    environment: null,
    inputs: {},
    // What goes to production is somebody's decision, not a push's.
    manual: lane === 'production',
    one_at_a_time: true,
    cancel_superseded: false,
    stop_superseded: false,
    waiting_limit: null,
    ...settingsOf(settings),
  };
}

/** What is written, and nothing else. GitHub takes inputs as text. */
function settingsOf({ inputs, ...settings }: BranchSettingsValue): Partial<DefinedBranch> {
  if (inputs === undefined) return settings;
  const texts = Object.entries(inputs).map(([name, value]) => [name, String(value)]);
  return { ...settings, inputs: Object.fromEntries(texts) };
}

function overrideOf(override: ProjectOverrideValue): ProjectOverride {
  const { enabled, repository, workflow, dispatch, keep, branches = {} } = override;
  return {
    ...(enabled === undefined ? {} : { enabled }),
    settings: {
      ...(repository === undefined ? {} : { repository }),
      ...(workflow === undefined ? {} : { workflow }),
      ...(dispatch === undefined ? {} : { dispatch: dispatch === 'github' }),
      ...(keep === undefined ? {} : { keep_seconds: seconds(keep) }),
    },
    branches: Object.fromEntries(
      Object.entries(branches).map(([name, settings]) => [name, settingsOf(settings)]),
    ),
  };
}

/** False when an environment changes a branch the project has not (reported). */
function namesBranches(
  { branches }: ProjectFileValue,
  environment: string,
  override: ProjectOverrideValue,
  report: ReportFinding,
): boolean {
  const unknown = Object.keys(override.branches ?? {}).filter((name) => !Object.hasOwn(branches, name));
  for (const name of unknown) {
    const near = closestWord(name, Object.keys(branches));
    report({
      severity: 'error',
      code: 'branch-undeclared',
      message: `this project has no branch \`${name}\``,
      hint: near === undefined ? 'Declare it in `branches` first.' : `Did you mean \`${near}\`?`,
      at: { path: ['environments', environment, 'branches', name], part: 'key' },
    });
  }
  return unknown.length === 0;
}

function seconds(duration: string): number {
  return Math.floor(parseDuration(duration) / 1000);
}
