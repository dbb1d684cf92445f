import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { type ApplyOptions, applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, environment, job, secret } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
  await applyPlan({
    sql: database.sql,
    desired: desiredState(),
    env: {},
    prune: false,
    actor: { name: 'test' },
  });
});
afterAll(() => database.drop());

const CANARIES = ['canary-one-7c1f0e', 'canary-two-19ab44'] as const;
const [ONE, TWO] = CANARIES;
const desired = desiredState({ secrets: [secret('token')], jobs: [] });
const collected: string[] = [];

beforeEach(async () => {
  await database.sql`delete from vault.secrets`;
  await database.superuser`delete from ops.managed_objects where kind = 'secret'`;
});

function keep<T>(value: T): T {
  collected.push(JSON.stringify(value));
  return value;
}

async function plan(env: Record<string, string>, state: DesiredState = desired): Promise<Plan> {
  return keep(await computePlan({ sql: database.sql, desired: state, env, prune: false }));
}

async function apply(
  env: Record<string, string>,
  state: DesiredState = desired,
  more: Partial<ApplyOptions> = {},
): Promise<ApplyResult> {
  return keep(
    await applyPlan({
      sql: database.sql,
      desired: state,
      env,
      prune: false,
      actor: { name: 'test' },
      ...more,
    }),
  );
}

async function stored(name: string): Promise<unknown> {
  const [row] =
    await database.superuser`select decrypted_secret from vault.decrypted_secrets where name = ${name}`;
  return row?.decrypted_secret;
}

describe('a secret', () => {
  it('is created from its variable, kept while it is the same, and rotated when it differs', async () => {
    expect((await plan({ TEST_TOKEN: ONE })).changes).toMatchObject([{ kind: 'secret', action: 'create' }]);
    expect((await apply({ TEST_TOKEN: ONE })).reason).toBe('applied');
    expect(await stored('token')).toBe(ONE);
    expect((await plan({ TEST_TOKEN: ONE })).changes).toEqual([]);
    const [change] = (await plan({ TEST_TOKEN: TWO })).changes;
    expect(change).toMatchObject({
      action: 'update',
      cause: 'declaration',
      after: { value: '(new value from TEST_TOKEN)' },
    });
    expect(change?.risks.map((risk) => risk.code)).toContain('rotates-secret');
    await apply({ TEST_TOKEN: TWO });
    expect(await stored('token')).toBe(TWO);
  });

  it('changed by hand in the Vault is drift, and comes back', async () => {
    await apply({ TEST_TOKEN: ONE });
    await database.sql`select vault.update_secret(id, 'changed by hand') from vault.secrets where name = 'token'`;
    expect((await plan({ TEST_TOKEN: ONE })).changes).toMatchObject([{ action: 'update', cause: 'drift' }]);
    await apply({ TEST_TOKEN: ONE });
    expect(await stored('token')).toBe(ONE);
  });

  it('that somebody made already is adopted: kept when equal, replaced when not', async () => {
    await database.sql`select vault.create_secret(${ONE}, 'token', 'by hand')`;
    expect((await plan({ TEST_TOKEN: ONE })).changes).toMatchObject([
      {
        action: 'adopt',
        before: { description: 'by hand', value: '(stored)' },
        after: { value: '(stored)' },
      },
    ]);
    await apply({ TEST_TOKEN: ONE });
    expect((await plan({ TEST_TOKEN: ONE })).changes).toEqual([]);
    expect(await stored('token')).toBe(ONE);
  });

  it('without its variable keeps its value, with a notice; existing nowhere, it blocks', async () => {
    const blocked = await apply({});
    expect(blocked.reason).toBe('blocked');
    expect(blocked.message).toContain('TEST_TOKEN');
    await apply({ TEST_TOKEN: ONE });
    const kept = await plan({ TEST_TOKEN: '' });
    expect(kept.changes).toEqual([]);
    expect(kept.notices).toMatchObject([{ severity: 'notice', code: 'secret-variable-unset' }]);
    expect(await stored('token')).toBe(ONE);
  });

  it('of the wrong shape, or with a pasted line break, blocks without being repeated', async () => {
    const shaped = { ...desired, secrets: [secret('token', { shape: '^https://' })] };
    expect((await plan({ TEST_TOKEN: ONE }, shaped)).blockers).toMatchObject([{ code: 'secret-shape' }]);
    expect((await plan({ TEST_TOKEN: `${ONE}\n` })).blockers).toMatchObject([{ code: 'secret-white-space' }]);
  });

  it('grown too old is reported', async () => {
    await apply({ TEST_TOKEN: ONE });
    await database.superuser`update vault.secrets set updated_at = now() - interval '100 days'`;
    const old = { ...desired, secrets: [secret('token', { maxAgeMs: 90 * 86_400_000 })] };
    expect((await plan({ TEST_TOKEN: ONE }, old)).notices).toMatchObject([{ code: 'secret-old' }]);
  });

  it('that cannot be decrypted is found by name and made anew, next to one that can', async () => {
    const two = { ...desired, secrets: [secret('token'), secret('other')] };
    const env = { TEST_TOKEN: ONE, TEST_OTHER: TWO };
    await apply(env, two);
    await database.superuser`update vault.secrets set secret = 'bm90IGEgY2lwaGVydGV4dA==' where name = 'token'`;
    const broken = await plan(env, two);
    expect(broken.changes).toMatchObject([
      { name: 'token', before: { value: '(stored, cannot be decrypted)' } },
    ]);
    expect((await apply(env, two)).reason).toBe('applied');
    expect([await stored('token'), await stored('other')]).toEqual([ONE, TWO]);
  });

  it('no longer declared is kept, or deleted when pruning, naming the jobs that still need it', async () => {
    await apply({ TEST_TOKEN: ONE });
    const without = { ...desired, secrets: [], jobs: [{ ...job('needs_it'), secrets: ['token'] }] };
    expect((await plan({}, without)).orphaned).toMatchObject([{ kind: 'secret', name: 'token' }]);
    const pruning = { ...without, environment: environment({ prune: ['secret'] }) };
    expect((await apply({}, pruning)).reason).toBe('deletion_guard');
    const result = await apply({}, pruning, { allowDeletes: 1 });
    expect(result.plan.changes.at(-1)).toMatchObject({ kind: 'secret', action: 'delete' });
    expect(JSON.stringify(result.plan.changes.at(-1)?.risks)).toContain('needs_it');
    expect(await stored('token')).toBeUndefined();
  });

  it('holding quotes, backslashes and braces arrives as it is', async () => {
    const odd = `${String.raw`{"a":"b\\'c\",null}`}\u00fc$1`;
    await apply({ TEST_TOKEN: odd });
    expect(await stored('token')).toBe(odd);
    expect((await plan({ TEST_TOKEN: odd })).changes).toEqual([]);
  });
});

it('a Vault that refuses tells which error, and nothing of the value', async () => {
  await database.superuser`create unique index refuse_all on vault.secrets ((true))`;
  const two = { ...desired, secrets: [secret('token'), secret('other')] };
  const result = await apply({ TEST_TOKEN: ONE, TEST_OTHER: TWO }, two);
  await database.superuser`drop index vault.refuse_all`;
  expect(result.reason).toBe('failed');
  expect(result.message).toContain('23505');
});

it('a server that logs parameters is a danger the plan points out', async () => {
  const [row] = await database.superuser`select current_database() as name`;
  const name = database.superuser(String(row?.name));
  await database.superuser`alter role postgres in database ${name} set log_statement = 'all'`;
  await database.superuser`alter role postgres in database ${name} set log_parameter_max_length = -1`;
  const sql = connect({ url: database.url, applicationName: 'test', max: 1 });
  const found = await computePlan({ sql, desired, env: { TEST_TOKEN: ONE }, prune: false });
  await sql.end();
  await database.superuser`alter role postgres in database ${name} reset all`;
  expect(found.changes[0]?.risks).toMatchObject([{ severity: 'danger', code: 'server-logs-values' }]);
});

it('no value was in a plan, a result, a row of ours, or the log of the server', async () => {
  const rows = await database.superuser`
    select (select coalesce(json_agg(r), '[]')::text from ops.reconciliations r)
        || (select coalesce(json_agg(m), '[]')::text from ops.managed_objects m)
        || (select coalesce(json_agg(j), '[]')::text from ops.job_definitions j) as text`;
  const [server] = await database.superuser`select current_setting('data_directory') as folder`;
  const log = readFileSync(path.join(String(server?.folder), '..', 'server.log'), 'utf8');
  expect(log).toContain('refuse_all');
  for (const canary of CANARIES) {
    expect(collected.join('\n')).not.toContain(canary);
    expect(String(rows[0]?.text)).not.toContain(canary);
    expect(log).not.toContain(canary);
  }
});
