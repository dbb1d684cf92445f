import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { root } from '../../contract/action-metadata.ts';
import { createTestDatabase } from '../../support/database.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import { type SupabaseProject, startSupabaseProject } from './project.ts';

const database = await createTestDatabase(import.meta.url);
let supabase: SupabaseProject;
let desired: DesiredState;
beforeAll(async () => {
  supabase = await startSupabaseProject();
  // Functions only: jobs and their secrets have their own tests.
  const declared = (await loadDeclarations({ root, cache: false })).resolve('production');
  desired = { ...declared, migrations: [], jobs: [], secrets: [] };
});
afterAll(async () => {
  await supabase.stop();
  await database.drop();
});

/** A value of the declared shape for every secret that functions read. */
function values(): Record<string, string> {
  return Object.fromEntries(
    desired.edgeSecrets.map(({ secret }) => [
      secret.valueEnv,
      secret.shape?.startsWith('^https') === true ? 'https://upstream.example.test' : 'v'.repeat(40),
    ]),
  );
}

describe.skipIf(deno === null)('the functions of this repository', () => {
  it('are deployed within the platform’s rate, each turns a stranger away, and then there is nothing to do', async () => {
    const { platform } = supabase;
    const how = {
      sql: database.sql,
      desired,
      env: values(),
      platform,
      prune: false,
      actor: { name: 'test' },
    };

    const first = await applyPlan(how);

    expect(first.failures).toEqual([]);
    expect(first.reason).toBe('applied');
    expect(supabase.deployments()).toEqual(desired.functions.map(({ slug }) => slug));
    expect(supabase.api.calls.length).toBeLessThan(30);
    expect(supabase.api.store.project('abcdefghijklmnopqrst')?.postgrest.db_schema).toBe(
      'public,graphql_public,ops',
    );
    expect((await applyPlan(how)).reason).toBe('nothing_to_do');
    expect(supabase.api.violations).toEqual([]);
  }, 180_000);
});
