/** The files: whether they are valid, and whether the variables an environment needs are set. */
import type { DeclarationResult, DesiredState, EnvironmentDeclaration } from '../../declare/model.ts';
import type { Environment } from '../../io/inputs.ts';
import { type DoctorItem, itemsOf, judged, listed } from './item.ts';

const runbooks = itemsOf('runbooks');

/** What the files say, or why nothing can be said. */
export function lookAtFiles(declarations: DeclarationResult): DoctorItem {
  const errors = declarations.diagnostics.filter(({ severity }) => severity === 'error');
  const warnings = declarations.diagnostics.filter(({ severity }) => severity === 'warning');
  const [first] = errors.length > 0 ? errors : warnings;
  const place = first === undefined ? '' : `${first.location.file}:${first.location.line}: ${first.message}`;
  return judged(runbooks, 'files', 'Files', {
    good: `${declarations.files} files without an error or a warning`,
    trouble:
      first === undefined
        ? null
        : {
            status: errors.length > 0 ? 'error' : 'warning',
            detail: `${errors.length} errors and ${warnings.length} warnings, the first in ${place}.`,
            remedy: '`opsroom validate` shows all of them with their lines.',
          },
  });
}

/** Whether the values an apply takes from the environment are set here. Only CI needs them all. */
export function lookAtVariables(desired: DesiredState, env: Environment): DoctorItem {
  const wanted = [...new Set(desired.secrets.map(({ valueEnv }) => valueEnv))].sort();
  const unset = wanted.filter((name) => (env[name] ?? '') === '');
  const title = 'Values of secrets';
  if (wanted.length === 0) return runbooks.good('values', title, 'No file asks for one.');
  return unset.length === 0
    ? runbooks.good('values', title, `All ${wanted.length} variables are set.`)
    : runbooks.bad('values', title, {
        status: 'warning',
        detail: `${unset.length} of ${wanted.length} variables are not set here: ${listed(unset)}.`,
        remedy:
          'An apply from here keeps what the Vault holds; in CI they come from the secrets of the GitHub environment.',
      });
}

/** What is thin about an environment. */
export function lookAtEnvironment(environment: EnvironmentDeclaration): DoctorItem {
  const gaps = [
    ...(environment.lane === 'production' && environment.githubEnvironment === undefined
      ? ['no github_environment guards its applies']
      : []),
    ...(environment.projectRef === undefined
      ? ['no project_ref, so functions and the Data API are left alone']
      : []),
    ...(environment.apiSchemas === undefined
      ? ['no api.schemas, so nobody checks what the Data API exposes']
      : []),
  ];
  return judged(runbooks, 'environment', `Environment ${environment.name}`, {
    good: `${environment.lane}, guarded by ${environment.githubEnvironment ?? 'nobody'}`,
    trouble:
      gaps.length === 0
        ? null
        : {
            status: 'warning',
            detail: `${environment.name} has ${gaps.join('; ')}.`,
            remedy: 'Say so in runbooks/environments.yaml, unless it is meant.',
          },
  });
}
