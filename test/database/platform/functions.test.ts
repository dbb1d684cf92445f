import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computeDrift } from '../../../actions/_shared/reconcile/drift.ts';
import type { ApplyResult, Change, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { renderPlanMarkdown } from '../../../actions/_shared/report/plan-markdown.ts';
import { renderPlanTerminal } from '../../../actions/_shared/report/plan-terminal.ts';
import { deployFunction } from '../../../actions/_shared/supabase/functions-api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import {
  createProject,
  env,
  guarded,
  type Project,
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
  const store = supabase.api.store.project('abcdefghijklmnopqrst');
  store?.functions.splice(0);
  store?.secrets.splice(0);
  await database.superuser`delete from ops.managed_objects`;
  supabase.forgetCalls();
});
afterAll(async () => {
  expect(supabase.api.violations).toEqual([]);
  await supabase.stop();
  await database.drop();
});

interface How {
  readonly prune?: boolean;
  readonly allowDeletes?: number;
  readonly expectDigest?: string;
}

async function apply(how: How = {}): Promise<ApplyResult> {
  const { platform } = supabase;
  const desired = await project.desired();
  return applyPlan({ sql, desired, env, platform, prune: false, actor: { name: 'test' }, ...how });
}

async function plan(prune = false): Promise<Plan> {
  return computePlan({ sql, desired: await project.desired(), env, platform: supabase.platform, prune });
}

function functionsOf({ changes }: Plan): readonly Change[] {
  return changes.filter(({ kind }) => kind === 'function');
}

function words({ changes }: Plan): string[] {
  return changes.map(({ action, kind, name, cause }) => `${action} ${kind} ${name} (${cause})`);
}

/** As somebody would who uses the platform's own tool. */
async function deployByHand(slug: string, text: string, verifyJwt = false): Promise<void> {
  const entrypoint = `functions/${slug}/index.ts`;
  const files = [{ path: entrypoint, content: Buffer.from(text), role: 'module' as const }];
  await deployFunction(supabase.platform.client, {
    slug,
    entrypoint,
    importMap: null,
    staticPatterns: [],
    verifyJwt,
    files,
  });
}

describe.skipIf(deno === null)('functions', () => {
  it('are deployed once, in their order after their secrets, and then there is nothing to do', async () => {
    const first = await apply();
    expect(first).toMatchObject({ reason: 'applied', failures: [] });
    expect(words(first.plan)).toEqual([
      'create edge_secret DOOR_TOKEN (declaration)',
      'create edge_secret UPSTREAM_KEY (declaration)',
      'create function alpha (declaration)',
      'create function beta (declaration)',
      'create function gamma (declaration)',
    ]);
    const writes = supabase.api.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ operation }) => operation);
    expect(writes).toEqual(['v1-bulk-create-secrets', ...Array(3).fill('v1-deploy-a-function')]);
    expect(supabase.progress).toContain('Deploying function beta (2 of 3, 2 files)');
    const answer = await fetch(`${supabase.functionsUrl}/alpha`, { headers: { 'x-token': env.DOOR_TOKEN } });
    expect(await answer.text()).toBe('alpha 1');

    const second = await apply();
    expect(second).toMatchObject({ reason: 'nothing_to_do', plan: { counts: { unchanged: 5 } } });
    expect(supabase.deployments()).toEqual(['alpha', 'beta', 'gamma']);
    const rows = await database.superuser`
      select result, error from ops.reconciliations where id = ${first.reconciliationId}`;
    expect([...rows]).toEqual([{ result: 'applied', error: null }]);
  });

  it('that import a changed file are deployed, and no other; the plan names the file', async () => {
    await apply();
    supabase.forgetCalls();
    project.edit('functions/_shared/guard.ts', "'no'", "'not you'");

    const result = await apply();

    expect(supabase.deployments()).toEqual(['alpha', 'beta']);
    const [alpha] = functionsOf(result.plan);
    expect(alpha).toMatchObject({
      name: 'alpha',
      action: 'update',
      cause: 'declaration',
      before: { 'functions/_shared/guard.ts': expect.stringMatching(/^[0-9a-f]{12}$/) },
      after: { 'functions/_shared/guard.ts': expect.stringMatching(/^[0-9a-f]{12}$/) },
    });
    expect(Object.keys(alpha?.after ?? {})).not.toContain('functions/alpha/index.ts');
    expect(renderPlanTerminal(result.plan, { color: false })).toContain('functions/_shared/guard.ts');
    expect(renderPlanMarkdown(result.plan)).toContain('functions/\\_shared/guard.ts');
  });

  it('show files that come and go', async () => {
    await apply();
    project.write('functions/alpha/word.ts', "export const word = 'alpha 2';\n");
    project.write(
      'functions/alpha/index.ts',
      "import { word } from './word.ts';\nDeno.serve(() => new Response(word, { status: 401 }));\n",
    );
    const [alpha, ...others] = functionsOf(await plan());
    expect(others).toEqual([]);
    expect(alpha).toMatchObject({
      before: { 'functions/_shared/guard.ts': expect.any(String), 'functions/alpha/word.ts': null },
      after: { 'functions/_shared/guard.ts': null, 'functions/alpha/word.ts': expect.any(String) },
    });
  });

  it('are deployed for a changed verify_jwt alone, with a warning when the gateway opens', async () => {
    project.write('functions/gamma/index.ts', guarded('gamma 1'));
    await apply();
    supabase.forgetCalls();
    project.edit('runbooks/functions/gamma.yaml', 'true', 'false');
    const result = await apply();
    expect(supabase.deployments()).toEqual(['gamma']);
    expect(functionsOf(result.plan)).toMatchObject([
      {
        before: { verify_jwt: true },
        after: { verify_jwt: false },
        risks: [{ severity: 'warning', code: 'opens-gateway' }],
      },
    ]);
  });

  it('deployed by somebody else are drift, and an apply puts back what is declared', async () => {
    await apply();
    await deployByHand('alpha', "Deno.serve(() => new Response('evil'));\n");
    const drift = await computeDrift({
      sql,
      desired: await project.desired(),
      env,
      platform: supabase.platform,
    });
    expect(words(drift)).toEqual(['update function alpha (drift)']);
    expect(drift.changes[0]?.before).toMatchObject({ content: 'unknown: version 2 was not deployed by us' });

    expect((await apply()).reason).toBe('applied');
    const answer = await fetch(`${supabase.functionsUrl}/alpha`);
    expect(answer.status).toBe(401);
    expect((await plan()).changes).toEqual([]);
  });

  it('switched open in the dashboard, or deleted there, are drift too', async () => {
    await apply();
    const functions = supabase.api.store.project('abcdefghijklmnopqrst')?.functions ?? [];
    const gamma = functions.find(({ shown }) => shown.slug === 'gamma');
    if (gamma !== undefined) gamma.shown.verify_jwt = false;
    functions.splice(
      functions.findIndex(({ shown }) => shown.slug === 'beta'),
      1,
    );
    const found = await plan();
    expect(words(found)).toEqual(['create function beta (drift)', 'update function gamma (drift)']);
    expect(found.changes[1]).toMatchObject({ before: { verify_jwt: false }, after: { verify_jwt: true } });
    expect(found.changes[1]?.before).not.toHaveProperty('content');
  });

  it('nobody declared are reported and never touched; ours are pruned only when asked, within the limits', async () => {
    await deployByHand('foreign', "Deno.serve(() => new Response('not ours'));\n");
    await apply();
    project.remove('runbooks/functions/beta.yaml');
    const kept = await apply();
    expect(kept.plan).toMatchObject({
      changes: [],
      orphaned: [{ kind: 'function', name: 'beta' }],
      unmanaged: [{ kind: 'function', name: 'foreign' }],
    });

    const pruned = await apply({ prune: true });
    expect(pruned).toMatchObject({ reason: 'applied', plan: { counts: { delete: 1 } } });
    const left = () =>
      supabase.api.store
        .project('abcdefghijklmnopqrst')
        ?.functions.map(({ shown }) => shown.slug)
        .sort();
    expect(left()).toEqual(['alpha', 'foreign', 'gamma']);

    project.remove('runbooks/functions');
    expect(await apply({ prune: true })).toMatchObject({
      reason: 'deletion_guard',
      message: expect.stringContaining('deletes every function we manage (2 functions)'),
    });
    expect((await apply({ prune: true, allowDeletes: 4 })).reason).toBe('applied');
    expect(left()).toEqual(['foreign']);
    const rows = await database.superuser`select name from ops.managed_objects`;
    expect([...rows]).toEqual([]);
  });

  it('that were there before us are taken over with a warning', async () => {
    await deployByHand('alpha', "Deno.serve(() => new Response('by hand'));\n", true);
    const found = functionsOf(await plan())[0];
    expect(found).toMatchObject({
      action: 'adopt',
      cause: 'declaration',
      risks: [{ code: 'replaces-function' }, { code: 'opens-gateway' }],
    });
    expect((await apply()).reason).toBe('applied');
    expect((await plan()).changes).toEqual([]);
  });

  it('are bound to the plan that was reviewed', async () => {
    const reviewed = await plan();
    project.edit('functions/alpha/index.ts', 'alpha 1', 'alpha 2');
    expect((await apply({ expectDigest: reviewed.digest })).reason).toBe('plan_moved');
    expect(supabase.deployments()).toEqual([]);
    expect((await apply({ expectDigest: (await plan()).digest })).reason).toBe('applied');
  });

  it('upload what was read for the plan, or nothing', async () => {
    const desired = await project.desired();
    const file = path.join(project.root, 'functions/alpha/index.ts');
    project.write('functions/alpha/index.ts', `${readFileSync(file, 'utf8')}// later\n`);
    const { platform } = supabase;
    const result = await applyPlan({ sql, desired, env, platform, prune: false, actor: { name: 'test' } });
    expect(result).toMatchObject({
      reason: 'partly_applied',
      failures: [{ kind: 'function', name: 'alpha' }],
    });
    expect(result.message).toContain('changed while it was applied');
    expect(supabase.deployments()).toEqual(['beta', 'gamma']);
  });
});
