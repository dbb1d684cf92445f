import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
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
const program = fileURLToPath(new URL('apply-process.ts', import.meta.url));
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

async function apply(connection = sql): Promise<ApplyResult> {
  const { platform } = supabase;
  const desired = await project.desired();
  return applyPlan({ sql: connection, desired, env, platform, prune: true, actor: { name: 'test' } });
}

async function plan(): Promise<Plan> {
  return computePlan({
    sql,
    desired: await project.desired(),
    env,
    platform: supabase.platform,
    prune: true,
  });
}

function startApply(): ChildProcess {
  const { api, functionsUrl } = supabase;
  return spawn(process.execPath, [program, database.url, project.root, api.url, functionsUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 1_000; left > 0; left -= 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never happened');
}

async function auditOf(id: number | null): Promise<unknown> {
  const [row] = await database.superuser`select result, error from ops.reconciliations where id = ${id}`;
  return row;
}

describe.skipIf(deno === null)('a deployment that fails', () => {
  it.each(['server_error', 'server_error_after_write'] as const)(
    'with %s is reported function by function, and the next apply does the rest',
    async (kind) => {
      supabase.api.fail({ operation: 'v1-deploy-a-function', kind, times: 5, slug: 'beta' });
      project.write('runbooks/functions/old.yaml', 'verify_jwt: true\n');
      project.write('functions/old/index.ts', "Deno.serve(() => new Response('old'));\n");

      const half = await apply();

      expect(half).toMatchObject({
        reason: 'partly_applied',
        failures: [{ kind: 'function', name: 'beta', message: expect.stringContaining('500') }],
      });
      expect(half.message).toContain(
        '1 of 6 changes of its Supabase project failed: function beta: Supabase',
      );
      expect(await auditOf(half.reconciliationId)).toMatchObject({
        result: 'partly_applied',
        error: expect.stringContaining('function beta'),
      });
      expect(supabase.deployments()).toEqual(['alpha', 'gamma', 'old']);
      supabase.forgetCalls();

      const rest = await plan();
      expect(rest.changes).toMatchObject([{ kind: 'function', name: 'beta', cause: 'declaration' }]);
      expect(await apply()).toMatchObject({ reason: 'applied' });
      expect(supabase.deployments()).toEqual(['beta']);
      expect((await apply()).reason).toBe('nothing_to_do');
    },
  );

  it('keeps everything that would have been pruned', async () => {
    await apply();
    project.remove('runbooks/functions/gamma.yaml');
    project.edit('functions/alpha/index.ts', 'alpha 1', 'alpha 2');
    supabase.api.fail({ operation: 'v1-deploy-a-function', kind: 'payment_required', times: 1 });
    const half = await apply();
    expect(half).toMatchObject({
      reason: 'partly_applied',
      failures: [
        { name: 'alpha', message: expect.stringContaining('402') },
        { name: 'gamma', message: expect.stringContaining('nothing is deleted after something failed') },
      ],
    });
    expect(supabase.api.store.project(ref)?.functions).toHaveLength(3);
    expect((await apply()).reason).toBe('applied');
    expect(supabase.api.store.project(ref)?.functions).toHaveLength(2);
  });

  it('is none when the API only asks to wait, or a connection breaks', async () => {
    supabase.api.fail({ operation: 'v1-deploy-a-function', kind: 'too_many_requests', times: 2 });
    supabase.api.fail({ operation: 'v1-deploy-a-function', kind: 'disconnect', times: 1 });
    supabase.api.fail({ operation: 'v1-list-all-functions', kind: 'too_many_requests', times: 1 });
    expect((await apply()).reason).toBe('applied');
    expect(supabase.deployments()).toEqual(['alpha', 'beta', 'gamma']);
  });
});

describe.skipIf(deno === null)('an apply killed with SIGKILL', () => {
  it.each([
    ['before any function', 'Setting 2 Edge secrets'],
    ['while the first function is deployed', 'Deploying function alpha'],
    ['between functions', 'Deploying function gamma'],
  ])('%s leaves what a next apply finishes, without calling it drift', async (_when, line) => {
    const child = startApply();
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(line)) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    expect(child.signalCode, said).toBe('SIGKILL');
    const [audit] = await database.superuser`
      select result, error from ops.reconciliations where actor = 'victim' order by id desc limit 1`;
    expect(audit).toMatchObject({ result: 'partly_applied', error: expect.stringContaining('ended before') });

    const rest = await plan();
    expect(rest.changes.length).toBeGreaterThan(0);
    expect(rest.changes.map(({ cause }) => cause)).toEqual(rest.changes.map(() => 'declaration'));
    expect((await apply()).reason).toBe('applied');
    expect((await apply()).reason).toBe('nothing_to_do');
    expect((await fetch(`${supabase.functionsUrl}/alpha`)).status).toBe(401);
  });

  it.each(['alpha', 'gamma'])('when %s is there and nobody was told does not call it drift', async (slug) => {
    await apply();
    project.edit(`functions/${slug}/index.ts`, `${slug} 1`, `${slug} 2`);
    const version = (): number | undefined =>
      supabase.api.store.project(ref)?.functions.find(({ shown }) => shown.slug === slug)?.shown.version;
    supabase.api.fail({ operation: 'v1-deploy-a-function', kind: 'slow', times: 1, delayMs: 1_500, slug });
    const child = startApply();
    const gone = once(child, 'exit');
    await until(() => version() === 2);
    child.kill('SIGKILL');
    await gone;

    const rest = await plan();
    expect(rest.changes).toMatchObject([
      {
        name: slug,
        action: 'update',
        cause: 'declaration',
        before: { content: expect.stringContaining('an apply ended') },
      },
    ]);
    expect((await apply()).reason).toBe('applied');
    expect(version()).toBe(3);
    expect((await plan()).changes).toEqual([]);
    // The stand-in notes a call once it is answered: not during the next test.
    await until(() => supabase.deployments().filter((each) => each === slug).length === 3);
  });
});

describe.skipIf(deno === null)('two applies at once', () => {
  it('deploy everything once', async () => {
    const other = connect({ url: database.url, applicationName: 'another apply' });
    // The first one thinks for a while, so that the second stands in line between its two parts.
    supabase.api.fail({ operation: 'v1-list-all-functions', kind: 'slow', times: 1, delayMs: 400 });
    try {
      const results = await Promise.all([apply(), apply(other)]);
      for (const { reason } of results) expect(['applied', 'nothing_to_do']).toContain(reason);
      expect(supabase.deployments()).toEqual(['alpha', 'beta', 'gamma']);
      expect((await plan()).changes).toEqual([]);
    } finally {
      await other.end();
    }
  });

  it('in two processes too', async () => {
    const children = [startApply(), startApply()];
    const said = await Promise.all(
      children.map(async (child) => {
        let text = '';
        child.stdout?.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        await once(child, 'exit');
        return text;
      }),
    );
    for (const text of said) expect(text).toMatch(/^(?:applied|nothing_to_do) /m);
    expect(supabase.deployments()).toEqual(['alpha', 'beta', 'gamma']);
  });

  it('wait for each other only so long', async () => {
    const holder = connect({ url: database.url, applicationName: 'holder', max: 1 });
    const { promise: held, resolve: free } = Promise.withResolvers<void>();
    supabase.api.fail({ operation: 'v1-list-all-functions', kind: 'slow', times: 1, delayMs: 300 });
    const desired = await project.desired();
    const platform = { ...supabase.platform, lockTimeoutMs: 200 };
    const running = applyPlan({ sql, desired, env, platform, prune: false, actor: { name: 'test' } });
    await until(() => supabase.api.calls.length > 0);
    const holding = holder.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7303283, 1919247215)`;
      await held;
    });
    const result = await running;
    free();
    await holding;
    await holder.end();
    expect(result).toMatchObject({ reason: 'partly_applied', failures: { length: 5 } });
    expect(result.message).toContain('Another apply is changing this database');
    expect((await apply()).reason).toBe('applied');
  });

  it('stop when the connection that holds the lock is cut', async () => {
    supabase.api.fail({
      operation: 'v1-deploy-a-function',
      kind: 'slow',
      times: 1,
      delayMs: 600,
      slug: 'alpha',
    });
    const running = apply();
    await until(() => supabase.progress.some((line) => line.includes('alpha')));
    const cut = await database.superuser`
      select pg_terminate_backend(l.pid)
      from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory'
        and l.classid = 7303283 and l.objid = 1919247215 and l.granted`;
    expect(cut).toHaveLength(1);
    const result = await running;
    expect(result).toMatchObject({
      reason: 'partly_applied',
      failures: [{ name: 'beta' }, { name: 'gamma', message: expect.stringContaining('not reached') }],
    });
    expect(supabase.deployments()).toEqual(['alpha']);
    expect((await apply()).reason).toBe('applied');
    expect(supabase.deployments()).toEqual(['alpha', 'beta', 'gamma']);
  });
});
