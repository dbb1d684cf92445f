import type { Sql } from 'postgres';
import { formatDiagnostics } from '../actions/_shared/declare/format-diagnostics.ts';
import { loadDeclarations } from '../actions/_shared/declare/load.ts';
import type { DesiredState } from '../actions/_shared/declare/model.ts';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { loginName } from '../actions/_shared/io/login-name.ts';
import { wantsColor } from '../actions/_shared/io/wants-color.ts';
import { applyPlan } from '../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../actions/_shared/reconcile/plan.ts';
import type { Platform } from '../actions/_shared/reconcile/platform/platform.ts';
import { renderPlanTerminal } from '../actions/_shared/report/plan-terminal.ts';
import { scheduleReader } from '../actions/_shared/report/schedule-reader.ts';
import { createManagementClient } from '../actions/_shared/supabase/management-client.ts';
import type { LocalProject } from './local-project.ts';
import type { Progress } from './progress.ts';
import { localSecretValues } from './secrets.ts';
import type { StateFolder } from './state-folder.ts';

/** `confirm` is asked once the plan is printed and would change something, and says what a no means; left out, nobody is asked. */
export interface HowToApply {
  readonly confirm?: () => Promise<boolean>;
  /** One line a change; the plan of a first start would fill pages otherwise. */
  readonly brief?: boolean;
}

interface ApplyDeclarations extends HowToApply {
  readonly root: string;
  readonly environment: string;
  readonly sql: Sql;
  readonly state: StateFolder;
  readonly progress: Progress;
  readonly project: LocalProject;
}

const color = wantsColor(process.stdout);

/**
 * Read the files, print the plan, and apply it.
 *
 * @returns the state that was applied; `undefined` when the files have errors or the answer was no
 * @throws ConfigurationError when the database refused; nothing was changed then
 */
export async function applyDeclarations(request: ApplyDeclarations): Promise<DesiredState | undefined> {
  const { root, sql, progress } = request;
  const declarations = await loadDeclarations({ root });
  const errors = declarations.diagnostics.filter((each) => each.severity === 'error');
  if (errors.length > 0) {
    progress.line(formatDiagnostics(errors, { format: 'terminal', root, color }));
    progress.warn(
      `${errors.length} error${errors.length === 1 ? '' : 's'} in runbooks/: nothing was changed`,
    );
    return undefined;
  }
  const desired = declarations.resolve(request.environment);
  const secrets = localSecretValues(desired.secrets, {
    state: request.state,
    known: request.project.secrets,
    env: process.env,
  });
  // What a person set in the environment stays there.
  request.state.publishVariables(
    Object.fromEntries(Object.entries(secrets).filter(([name, value]) => process.env[name] !== value)),
  );
  const platform: Platform = {
    client: createManagementClient({
      projectRef: request.project.ref,
      token: request.project.accessToken,
      apiUrl: request.project.management.url,
    }),
    functionsUrl: `${request.project.url}/functions/v1`,
    onProgress: (message) => progress.line(`  ${message}`),
  };
  const shared = { sql, desired, env: { ...process.env, ...secrets }, prune: true, platform };
  const plan = await computePlan(shared);
  const schedule = scheduleReader(desired.jobs, new Date());
  progress.line(renderPlanTerminal(plan, { color, schedule, brief: request.brief === true }));
  if (plan.changes.length === 0 && plan.blockers.length === 0) return desired;
  if (plan.blockers.length > 0) {
    progress.warn(
      'Nothing was changed: what stops it is said above. Options named there are those of npm run opsroom -- apply --prune',
    );
    return undefined;
  }
  if (request.confirm !== undefined && !(await request.confirm())) return undefined;
  await progress.step(
    'Apply: the database in one transaction, then the functions',
    async () => {
      const result = await applyPlan({
        ...shared,
        actor: { name: loginName() },
        expectDigest: plan.digest,
      });
      if (result.reason === 'applied' || result.reason === 'nothing_to_do') return result;
      throw new ConfigurationError(result.message);
    },
    (result) => result.message,
  );
  return desired;
}
