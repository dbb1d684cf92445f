import type { DesiredState, Diagnostic, PlatformKind } from '../../declare/model.ts';
import { someNames } from '../capabilities.ts';
import type { MissingCapability } from '../model.ts';
import { EMPTY_PLAN, type KindPlan } from '../resources/resource.ts';
import type { LivePlatform } from './live-platform.ts';
import { planApiSchemas } from './plan-api-schemas.ts';
import { planEdgeSecrets } from './plan-edge-secrets.ts';
import { planFunctions } from './plan-functions.ts';

/** Plans of the kinds behind the Management API, in the order they are applied. */
export type PlatformPlan = ReadonlyMap<PlatformKind, KindPlan>;

/** What has to happen on the platform; null for `live` when nobody could ask it. Pure. */
export function planPlatform(
  live: LivePlatform | null,
  context: {
    readonly desired: DesiredState;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly prune: boolean;
    /** False where there is no ledger and none will be made: then nobody could say what is ours. */
    readonly remembers: boolean;
  },
): PlatformPlan {
  const { desired, env, prune, remembers } = context;
  const { functions, edgeSecrets, jobs, environment } = desired;
  if (live === null) return new Map([['function', { ...EMPTY_PLAN, missing: skipped(desired) }]]);
  if (!remembers) return new Map([['function', { ...EMPTY_PLAN, blockers: [noLedger()] }]]);
  return new Map([
    ['edge_secret', planEdgeSecrets(live, { edgeSecrets, env, prune })],
    ['api_schemas', planApiSchemas(live, environment)],
    ['function', planFunctions(live, { functions, jobs, prune })],
  ]);
}

function noLedger(): Diagnostic {
  return {
    severity: 'error',
    code: 'ledger-missing',
    message: 'The database has no table ops.managed_objects, where it would be kept which functions are ours',
    hint: 'Restore the files of migrations/ from the repository',
    location: { file: 'migrations', line: 1, column: 1 },
  };
}

/** What is left alone where there is no project, or no way to it. */
function skipped({ functions, edgeSecrets, environment }: DesiredState): MissingCapability[] {
  const { apiSchemas = [], name, projectRef } = environment;
  if (functions.length === 0 && apiSchemas.length === 0) return [];
  const parts = [
    ...(functions.length === 0
      ? []
      : [
          someNames(
            functions.map(({ slug }) => ({ name: slug })),
            'function',
          ),
        ]),
    ...(edgeSecrets.length === 0 ? [] : [someNames(edgeSecrets, 'Edge secret')]),
    ...(apiSchemas.length === 0 ? [] : [`exposed schemas (${apiSchemas.join(', ')})`]),
  ];
  const consequence = `Left as they are, neither compared nor deployed: ${parts.join('; ')}. Jobs that call functions reach what is deployed now, if anything`;
  return [
    projectRef === undefined
      ? {
          name: 'a Supabase project',
          consequence,
          remedy: `Write the project's ref as project_ref of ${name} in runbooks/environments.yaml, and set SUPABASE_ACCESS_TOKEN`,
        }
      : {
          name: 'SUPABASE_ACCESS_TOKEN',
          consequence,
          remedy:
            'Make a token at https://supabase.com/dashboard/account/tokens and set the variable where this runs',
        },
  ];
}
