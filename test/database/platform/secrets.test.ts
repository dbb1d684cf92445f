import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computeDrift } from '../../../actions/_shared/reconcile/drift.ts';
import type { ApplyResult, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { renderPlanMarkdown } from '../../../actions/_shared/report/plan-markdown.ts';
import { renderPlanTerminal } from '../../../actions/_shared/report/plan-terminal.ts';
import { secretDigest, setSecrets } from '../../../actions/_shared/supabase/secrets-api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import {
  createProject,
  env,
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
  if (store !== undefined && store !== null) store.postgrest.db_schema = 'public,graphql_public';
  await database.superuser`delete from ops.managed_objects`;
  supabase.forgetCalls();
});
afterAll(async () => {
  await supabase.stop();
  await database.drop();
});

type Values = Readonly<Record<string, string | undefined>>;

async function apply(values: Values = env, prune = false): Promise<ApplyResult> {
  const { platform } = supabase;
  const desired = await project.desired();
  return applyPlan({ sql, desired, env: values, platform, prune, actor: { name: 'test' } });
}

async function plan(values: Values = env, prune = false): Promise<Plan> {
  return computePlan({
    sql,
    desired: await project.desired(),
    env: values,
    platform: supabase.platform,
    prune,
  });
}

function words({ changes }: Plan): string[] {
  return changes.map(({ action, kind, name, cause }) => `${action} ${kind} ${name} (${cause})`);
}

function stored(): Record<string, string> {
  const secrets = supabase.api.store.project(ref)?.secrets ?? [];
  return Object.fromEntries(secrets.map(({ name, value }) => [name, value]));
}

describe.skipIf(deno === null)('Edge secrets', () => {
  it('are compared by digest; no value is in a plan, a result, a row or the ledger', async () => {
    const before = await plan();
    const applied = await apply();
    expect(stored()).toEqual(env);
    const rotated = { ...env, DOOR_TOKEN: 'canary-door-token-2' };
    const after = await plan(rotated);
    expect(words(after)).toEqual(['update edge_secret DOOR_TOKEN (declaration)']);
    expect(after.changes[0]).toMatchObject({
      before: { value: '(stored)' },
      after: { value: '(new value from DOOR_TOKEN)' },
      risks: [{ code: 'rotates-secret', message: expect.stringContaining('alpha, beta read the new value') }],
    });
    const rows = await database.superuser`select * from ops.managed_objects`;
    const audits = await database.superuser`select * from ops.reconciliations`;
    const seen = [
      JSON.stringify([before, applied, after, [...rows], [...audits]]),
      renderPlanTerminal(before, { color: false }),
      renderPlanMarkdown(after),
    ].join('\n');
    expect(seen).not.toContain('canary');
    // A digest of a short value would be as good as the value.
    for (const value of Object.values(rotated)) expect(seen).not.toContain(secretDigest(value));

    expect((await apply(rotated)).reason).toBe('applied');
    expect(stored().DOOR_TOKEN).toBe('canary-door-token-2');
    expect((await plan(rotated)).changes).toEqual([]);
  });

  it('set by somebody else are drift; unset variables keep what is there', async () => {
    await apply();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await setSecrets(supabase.platform.client, { DOOR_TOKEN: 'set by hand!' });
    const desired = await project.desired();
    const drift = await computeDrift({ sql, desired, env, platform: supabase.platform });
    expect(words(drift)).toEqual(['update edge_secret DOOR_TOKEN (drift)']);

    const without = await plan({});
    expect(without).toMatchObject({ changes: [], blockers: [] });
    expect(without.notices.map(({ code }) => code)).toEqual([
      'secret-variable-unset',
      'secret-variable-unset',
    ]);
    expect((await apply()).reason).toBe('applied');
    expect(stored()).toEqual(env);
  });

  it('that were there with the same value become ours without being set again', async () => {
    await setSecrets(supabase.platform.client, { ...env, OTHER: 'of somebody else' });
    supabase.forgetCalls();
    const result = await apply();
    expect(words(result.plan)).toContain('adopt edge_secret DOOR_TOKEN (declaration)');
    expect(supabase.api.calls.map(({ operation }) => operation)).not.toContain('v1-bulk-create-secrets');
    project.remove('runbooks/functions/alpha.yaml');
    project.remove('runbooks/functions/beta.yaml');
    const pruned = await applyPlan({
      sql,
      desired: await project.desired(),
      env,
      platform: supabase.platform,
      prune: true,
      allowDeletes: 4,
      actor: { name: 'test' },
    });
    expect(words(pruned.plan)).toEqual([
      'delete function alpha (declaration)',
      'delete function beta (declaration)',
      'delete edge_secret DOOR_TOKEN (declaration)',
      'delete edge_secret UPSTREAM_KEY (declaration)',
    ]);
    expect(stored()).toEqual({ OTHER: 'of somebody else' });
  });

  it('that have no value anywhere, or a wrong one, stop the apply before anything is changed', async () => {
    expect(await apply({ DOOR_TOKEN: env.DOOR_TOKEN })).toMatchObject({
      reason: 'blocked',
      message: expect.stringContaining('Edge secret UPSTREAM_KEY is not set'),
    });
    const wrong = await apply({ ...env, DOOR_TOKEN: 'short' });
    expect(wrong).toMatchObject({ reason: 'blocked', message: expect.stringContaining('does not match') });
    expect(wrong.message).not.toContain('short');
    expect(supabase.api.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('that could not be set keep the functions that need them back', async () => {
    supabase.api.fail({ operation: 'v1-bulk-create-secrets', kind: 'server_error', times: 5 });
    const result = await apply();
    expect(result.failures.map(({ name, message }) => `${name}: ${message.slice(0, 30)}`)).toEqual([
      'DOOR_TOKEN: Supabase could not set the sec',
      'UPSTREAM_KEY: Supabase could not set the sec',
      'alpha: not deployed: it needs DOOR_TO',
      'beta: not deployed: it needs DOOR_TO',
    ]);
    expect(supabase.deployments()).toEqual(['gamma']);
    expect((await apply()).reason).toBe('applied');
  });
});

describe.skipIf(deno === null)('exposed schemas', () => {
  const exposed = (): string | undefined => supabase.api.store.project(ref)?.postgrest.db_schema;

  it('are appended, never removed, and drift when somebody takes one away', async () => {
    project.edit(
      'runbooks/environments.yaml',
      '  lane: production\n',
      '  lane: production\n  api: { schemas: [ops] }\n',
    );
    const result = await apply();
    expect(result.plan.changes.find(({ kind }) => kind === 'api_schemas')).toMatchObject({
      action: 'update',
      cause: 'declaration',
      before: { schemas: 'public, graphql_public' },
      after: { schemas: 'public, graphql_public, ops' },
      risks: [{ code: 'exposes-schema' }],
    });
    expect(exposed()).toBe('public,graphql_public,ops');
    expect((await apply()).reason).toBe('nothing_to_do');

    const store = supabase.api.store.project(ref);
    if (store !== null && store !== undefined) store.postgrest.db_schema = 'public,mine';
    expect(words(await plan())).toEqual(['update api_schemas data-api (drift)']);
    expect((await apply()).reason).toBe('applied');
    expect(exposed()).toBe('public,mine,ops');
  });
});
