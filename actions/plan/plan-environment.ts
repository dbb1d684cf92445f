import type { DesiredJob, DesiredState } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import type { Environment } from '../_shared/io/inputs.ts';
import type { Plan } from '../_shared/reconcile/model.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import type { ReadDeclarations } from '../_shared/target/read-declarations.ts';
import { connectionOf, withDatabase } from '../_shared/target/with-database.ts';
import { withoutValues } from './without-values.ts';

/** What is known about one environment after it was looked at. */
export type EnvironmentView =
  | {
      readonly kind: 'planned';
      readonly environment: string;
      readonly plan: Plan;
      readonly jobs: readonly DesiredJob[];
    }
  /** The files were checked and no database was asked; without an environment when only lint was wanted. */
  | { readonly kind: 'linted'; readonly environment: string | null; readonly reason: string }
  /** The database was asked and did not answer: unknown, never green. */
  | { readonly kind: 'unknown'; readonly environment: string; readonly reason: string };

/** What to plan, and what it may use. */
export interface PlanRequest {
  /** Null asks for lint only. */
  readonly name: string | null;
  readonly declarations: ReadDeclarations;
  readonly fromFork: boolean;
  readonly prune: boolean;
  readonly environment: Environment;
}

/** Plans one environment if that is allowed and possible; says why when it is not. */
export async function planEnvironment(request: PlanRequest): Promise<EnvironmentView> {
  const { name, declarations, environment } = request;
  const linted = (reason: string): EnvironmentView => ({ kind: 'linted', environment: name, reason });
  if (declarations.broken) return linted('There is no plan while files have errors.');
  if (request.fromFork) return linted('From a fork: the files were checked, without any secret.');
  if (name === null) return linted('The files were checked.');
  const desired = declarations.resolve(name);
  if (connectionOf(desired.environment, environment) === null) {
    return linted(
      `The files were checked; there is no plan because ${desired.environment.connectionEnv} is not set.`,
    );
  }
  try {
    return { kind: 'planned', environment: name, plan: await computed(desired, request), jobs: desired.jobs };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { kind: 'unknown', environment: name, reason: error.message };
  }
}

async function computed(desired: DesiredState, { prune, environment }: PlanRequest): Promise<Plan> {
  const { computePlan } = await import('../_shared/reconcile/plan.ts');
  const { environment: declaration } = desired;
  const platform = await openPlatform(declaration, environment);
  const plan = await withDatabase({ declaration, environment }, (sql) =>
    computePlan({ sql, desired, env: environment, prune, platform }),
  );
  return withoutValues(plan);
}
