/** The kinds of files in `runbooks/`: where they live and what reading one yields. No code, so that it costs nothing. */
import type { AdvisorySpec } from './advisory-policy.ts';
import type { CheckSpec } from './checks-model.ts';
import type { JobSpec } from './cron.ts';
import type { EnvironmentSpec } from './environments.ts';
import type { FunctionSpec } from './functions.ts';
import type { ProjectSpec } from './project-spec.ts';
import type { SecretSpec } from './secret-overrides.ts';

/** What one object of each kind becomes. */
export interface Specs {
  readonly environments: EnvironmentSpec;
  readonly secrets: SecretSpec;
  readonly cron: JobSpec;
  readonly functions: FunctionSpec;
  readonly checks: CheckSpec;
  readonly advisories: AdvisorySpec;
  readonly projects: ProjectSpec;
}

export type KindName = keyof Specs;

/** One file holding a map of objects, or a folder with one object a file. */
export const PLACES = {
  environments: { file: 'runbooks/environments.yaml' },
  secrets: { file: 'runbooks/secrets.yaml' },
  cron: { folder: 'runbooks/cron', landmark: 'schedule' },
  functions: { folder: 'runbooks/functions', landmark: 'verify_jwt' },
  checks: { folder: 'runbooks/checks', landmark: 'description' },
  advisories: { folder: 'runbooks/advisories', landmark: 'rules' },
  projects: { folder: 'runbooks/projects', landmark: 'branches' },
} as const satisfies Readonly<
  Record<KindName, { readonly file: string } | { readonly folder: string; readonly landmark: string }>
>;
