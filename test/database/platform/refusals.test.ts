import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { renderPlanTerminal } from '../../../actions/_shared/report/plan-terminal.ts';
import { createManagementClient } from '../../../actions/_shared/supabase/management-client.ts';
import { createTestDatabase } from '../../support/database.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import {
  createProject,
  env,
  guarded,
  type Project,
  ref,
  type SupabaseProject,
  startSupabaseProject,
} from './project.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
let supabase: SupabaseProject;
let project: Project;
beforeAll(async () => {
  supabase = await startSupabaseProject();
});
beforeEach(async () => {
  project = createProject();
  const store = supabase.api.store.project(ref);
  store?.functions.splice(0);
  store?.secrets.splice(0);
  await database.superuser`delete from ops.managed_objects`;
  supabase.forgetCalls();
});
afterAll(async () => {
  await supabase.stop();
  await database.drop();
});

async function apply(platform = supabase.platform): Promise<ApplyResult> {
  const desired = await project.desired();
  return applyPlan({ sql, desired, env, platform, prune: false, actor: { name: 'test' } });
}

describe.skipIf(deno === null)('the call without credentials after a deployment', () => {
  it('that is answered 200 fails the function until it is mended', async () => {
    project.write('functions/beta/index.ts', "Deno.serve(() => new Response('come in'));\n");
    const open = await apply();
    expect(open).toMatchObject({
      reason: 'partly_applied',
      failures: [
        {
          kind: 'function',
          name: 'beta',
          message:
            'deployed, but a call without credentials was answered 200 instead of 401: anybody on the internet can call it. Check the credentials before anything else, or set verify_jwt: true',
        },
      ],
    });
    const again = await apply();
    expect(again).toMatchObject({ reason: 'partly_applied', failures: [{ name: 'beta' }] });
    expect(again.plan.changes).toMatchObject([
      { name: 'beta', cause: 'declaration', before: { content: expect.stringContaining('did not refuse') } },
    ]);

    project.write('functions/beta/index.ts', guarded('beta 2'));
    expect((await apply()).reason).toBe('applied');
    expect((await apply()).reason).toBe('nothing_to_do');
  });

  it('that a broken function can not answer fails it too', async () => {
    project.write('functions/alpha/index.ts', "throw new Error('no start');\n");
    const result = await apply();
    expect(result.failures).toEqual([
      {
        kind: 'function',
        name: 'alpha',
        message: expect.stringMatching(
          /^deployed, but it could not be seen that alpha refuses .*: it answered 50\d$/,
        ),
      },
    ]);
  }, 30_000);
});

describe('without a way to the platform', () => {
  it('functions are skipped, with what will not work and what to do', async () => {
    const desired = await project.desired();
    const plan = await computePlan({ sql, desired, env, prune: true });
    expect(plan).toMatchObject({ changes: [], blockers: [] });
    expect(plan.missing).toEqual([
      {
        name: 'SUPABASE_ACCESS_TOKEN',
        consequence: expect.stringContaining('3 functions (alpha, beta, gamma); 2 Edge secrets'),
        remedy: expect.stringContaining('https://supabase.com/dashboard/account/tokens'),
      },
    ]);
    expect(renderPlanTerminal(plan, { color: false })).toContain('SUPABASE_ACCESS_TOKEN');
    const result = await applyPlan({ sql, desired, env, prune: true, actor: { name: 'test' } });
    expect(result).toMatchObject({ reason: 'nothing_to_do', failures: [] });
  });

  it('an environment without a project says that it has none', async () => {
    project.edit('runbooks/environments.yaml', `  project_ref: ${ref}\n`, '');
    const plan = await computePlan({ sql, desired: await project.desired(), env, prune: false });
    expect(plan.missing).toMatchObject([{ name: 'a Supabase project' }]);
  });

  it('nothing is forgotten of what was deployed', async () => {
    await apply();
    const desired = await project.desired();
    await applyPlan({ sql, desired, env, prune: true, actor: { name: 'test' } });
    const [row] = await database.superuser`select count(*)::int as kept from ops.managed_objects`;
    expect(row?.kept).toBe(5);
    expect((await apply()).reason).toBe('nothing_to_do');
  });
});

describe('an API that refuses', () => {
  const client = (token: string) =>
    createManagementClient({
      token,
      projectRef: ref,
      apiUrl: supabase.api.url,
      sleep: async () => undefined,
    });

  it('the token ends a plan with what to do', async () => {
    const platform = { ...supabase.platform, client: client(`sbp_${'9'.repeat(40)}`) };
    const desired = await project.desired();
    await expect(computePlan({ sql, desired, env, platform, prune: false })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('401'),
      hint: expect.stringContaining('access token'),
    });
  });

  it('to answer changes nothing, the database included', async () => {
    supabase.api.fail({ operation: 'v1-list-all-functions', kind: 'server_error', times: 5 });
    const result = await apply();
    expect(result).toMatchObject({ reason: 'failed', failures: [] });
    expect(result.message).toContain('Supabase could not list the functions: 500');
    expect(supabase.api.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('to let a token write is told function by function', async () => {
    const reader = `sbp_${'1'.repeat(40)}`;
    supabase.api.allow(reader, {
      permissions: ['edge_functions_read', 'edge_functions_secrets_read', 'edge_functions_secrets_write'],
    });
    const result = await apply({ ...supabase.platform, client: client(reader) });
    expect(result).toMatchObject({
      reason: 'partly_applied',
      failures: [{ name: 'alpha' }, { name: 'beta' }, { name: 'gamma' }],
    });
    expect(result.message).toContain('; function beta: Supabase refused to deploy function beta');
  });
});
