/** What can only be seen with all files read: references between them. Pure. */
import { checkAdvisories } from './check-advisories.ts';
import { checkChecks } from './check-checks.ts';
import { checkFunctions, secretsOfFunctions } from './check-functions.ts';
import { checkProjects } from './check-projects.ts';
import { closestWord } from './closest-word.ts';
import type { Finding } from './finding.ts';
import type { AdvisorySpec } from './kinds/advisory-policy.ts';
import type { CheckSpec } from './kinds/checks-model.ts';
import type { JobSpec } from './kinds/cron.ts';
import type { EnvironmentSpec } from './kinds/environments.ts';
import type { FunctionSpec } from './kinds/functions.ts';
import type { ProjectSpec } from './kinds/project-spec.ts';
import type { SecretSpec } from './kinds/secret-overrides.ts';
import { checkHosts } from './lint/check-hosts.ts';
import { checkSecretShapes } from './lint/check-secret-shapes.ts';
import type { OwnRepository } from './own-repository.ts';

/** All objects of a kind: `names` holds the wrong ones too, `complete` is false when a file could not be read at all. */
export interface ObjectsOf<Spec> {
  readonly specs: readonly { readonly spec: Spec; readonly file: string }[];
  readonly names: ReadonlySet<string>;
  readonly complete: boolean;
}

export interface AllObjects {
  readonly environments: ObjectsOf<EnvironmentSpec>;
  readonly secrets: ObjectsOf<SecretSpec>;
  readonly jobs: ObjectsOf<JobSpec>;
  readonly functions: ObjectsOf<FunctionSpec>;
  readonly checks: ObjectsOf<CheckSpec>;
  readonly advisories: ObjectsOf<AdvisorySpec>;
  readonly projects: ObjectsOf<ProjectSpec>;
  /** What the repository these files lie in has of workflows, where it is known which repository that is. */
  readonly own: OwnRepository | null;
}

export interface FileFinding {
  readonly file: string;
  readonly finding: Finding;
}

/** Findings about references, each with the file it belongs to. */
export function checkAcross(objects: AllObjects): readonly FileFinding[] {
  return [
    ...checkSecretReferences(objects),
    ...checkEnvironmentNames(objects),
    ...checkFunctions(objects),
    ...checkChecks(objects),
    ...checkSecretShapes(objects),
    ...checkHosts(objects),
    ...checkAdvisories(objects),
    ...checkProjects(objects),
  ];
}

function checkSecretReferences(objects: AllObjects): readonly FileFinding[] {
  const { secrets, jobs, functions } = objects;
  const findings: FileFinding[] = [];
  const used = new Set(secretsOfFunctions(objects));
  for (const { spec, file } of jobs.specs) {
    for (const reference of spec.references) {
      used.add(reference.secret);
      if (!secrets.complete || secrets.names.has(reference.secret)) continue;
      const near = closestWord(reference.secret, secrets.names);
      const hint =
        near === undefined
          ? `Declare it in runbooks/secrets.yaml: \`${reference.secret}:\` with \`value: { env: NAME }\`.`
          : `Did you mean \`${near}\`? Or declare it in runbooks/secrets.yaml.`;
      const message = `the secret \`${reference.secret}\` is not declared`;
      findings.push({
        file,
        finding: {
          severity: 'error',
          code: 'secret-undeclared',
          message,
          hint,
          at: { path: reference.path, ...(reference.span === undefined ? {} : { span: reference.span }) },
        },
      });
    }
  }
  if (!jobs.complete || !functions.complete) return findings;
  for (const { spec, file } of secrets.specs) {
    if (used.has(spec.name)) continue;
    const message = `no job and no function uses the secret \`${spec.name}\``;
    const hint = 'Remove it, or keep it if something outside these files reads it.';
    findings.push({
      file,
      finding: {
        severity: 'warning',
        code: 'secret-unused',
        message,
        hint,
        at: { path: [spec.name], part: 'key' },
      },
    });
  }
  return findings;
}

function checkEnvironmentNames({
  environments,
  secrets,
  jobs,
  functions,
  checks,
  projects,
}: AllObjects): readonly FileFinding[] {
  if (!environments.complete) return [];
  const findings: FileFinding[] = [];
  const check = (file: string, under: readonly string[], names: readonly string[]): void => {
    for (const name of names) {
      if (environments.names.has(name)) continue;
      const near = closestWord(name, environments.names);
      const known = [...environments.names].join(', ') || 'none';
      const hint = near === undefined ? `Declared are ${known}.` : `Did you mean \`${near}\`?`;
      const message = `there is no environment \`${name}\` in runbooks/environments.yaml`;
      findings.push({
        file,
        finding: {
          severity: 'error',
          code: 'environment-undeclared',
          message,
          hint,
          at: { path: [...under, 'environments', name], part: 'key' },
        },
      });
    }
  };
  for (const { spec, file } of jobs.specs) check(file, [], Object.keys(spec.overrides));
  for (const { spec, file } of functions.specs) check(file, [], Object.keys(spec.overrides));
  for (const { spec, file } of checks.specs) check(file, [], Object.keys(spec.overrides));
  for (const { spec, file } of projects.specs) check(file, [], Object.keys(spec.overrides));
  for (const { spec, file } of secrets.specs) check(file, [spec.name], Object.keys(spec.overrides));
  return findings;
}
