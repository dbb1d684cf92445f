import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { APPLY_LIMITS, writeTransaction } from '../../../actions/_shared/database/transaction.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, fleet, secret } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';
import { applyAndKill } from './kill-apply.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
});
afterAll(() => database.drop());

const env = { TEST_PROJECT_URL: 'https://example.test' };
const JOBS = 150;

/** Another schedule for every job, each round: an apply that has everything to do. */
function round(number: number): DesiredState {
  const jobs = fleet(JOBS).map((job, index) => ({
    ...job,
    cron: { ...job.cron, schedule: `${(index + number) % 60} ${number % 24} * * *` },
    definition: { ...job.definition, description: `round ${number}` },
  }));
  return desiredState({ secrets: [secret('project_url', { description: `round ${number}` })], jobs });
}

function apply(desired: DesiredState, sql = database.sql): Promise<ApplyResult> {
  return applyPlan({ sql, desired, env, prune: true, allowDeletes: JOBS, actor: { name: 'test' } });
}

describe('kill -9', () => {
  it('at any moment of an apply leaves all of it or nothing, and the next apply finishes the job', async () => {
    const whole = await applyAndKill({ url: database.url, desired: round(0), env, killAfterMs: null });
    expect(whole.killed).toBe(false);
    const seen: string[] = [];
    for (let number = 1; number <= 8; number += 1) {
      const desired = round(number);
      const moment = whole.durationMs * ((number - 0.5) / 8) * (0.8 + Math.random() * 0.4);
      const { killed } = await applyAndKill({ url: database.url, desired, env, killAfterMs: moment });
      const result = await apply(desired);
      seen.push(`${Math.round(moment)} ms: ${killed ? 'killed' : 'was done'}, then ${result.reason}`);
      expect(['applied', 'nothing_to_do'], seen.join('\n')).toContain(result.reason);
      if (result.reason === 'applied') {
        // All or nothing: what was left to do was everything.
        expect(result.plan.counts.update + result.plan.counts.create, seen.join('\n')).toBe(2 * JOBS + 1);
      }
      const after = await computePlan({ sql: database.sql, desired, env, prune: true });
      expect(after.changes).toEqual([]);
    }
    expect(seen.join('\n')).toContain('killed');
  }, 90_000);
});

describe('a connection cut by the server', () => {
  /** From now on the named step of an apply called `cut me` ends its own server process, once. */
  async function cutAt(
    table: 'ops.job_definitions' | 'ops.managed_objects' | 'ops.reconciliations',
  ): Promise<void> {
    await database.superuser.unsafe(`
      create or replace function public.cut() returns trigger language plpgsql security definer as $$
      begin
        if current_setting('application_name') = 'cut me' then
          perform pg_terminate_backend(pg_backend_pid());
          perform pg_sleep(1);
        end if;
        return null;
      end $$;
      create trigger cut after insert or update on ${table} for each statement execute function public.cut()`);
  }

  async function interrupted(desired: DesiredState): Promise<ApplyResult> {
    const sql = connect({ url: database.url, applicationName: 'cut me', max: 2 });
    try {
      return await apply(desired, sql);
    } finally {
      await sql.end({ timeout: 2 });
    }
  }

  it.each(['ops.job_definitions', 'ops.managed_objects'] as const)(
    'while %s is written is a clear result, undone as a whole, and a re-run is safe',
    async (table) => {
      await apply(round(100));
      await cutAt(table);
      const desired = round(table.length);
      const result = await interrupted(desired);
      await database.superuser.unsafe(`drop trigger cut on ${table}`);
      expect(result.reason).toBe('connection_lost');
      expect(result.message).toContain('Apply again');
      expect(
        (await computePlan({ sql: database.sql, desired: round(100), env, prune: true })).changes,
      ).toEqual([]);
      expect((await apply(desired)).reason).toBe('applied');
      expect((await apply(desired)).reason).toBe('nothing_to_do');
      const [row] = await database.superuser`
        select count(*)::int as lost from ops.reconciliations where id = ${result.reconciliationId} and result = 'connection_lost'`;
      expect(row?.lost).toBe(1);
    },
  );

  it('while it waits for its turn says that the connection was lost', async () => {
    const holder = connect({ url: database.url, applicationName: 'holder', max: 1 });
    await holder.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7303283, 1919247215)`;
      const running = interrupted(round(100)).then(
        (result) => result.message,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      let cut = 0;
      while (cut === 0) {
        const rows = await database.superuser`
          select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut me' and wait_event = 'advisory'`;
        cut = rows.length;
      }
      expect(await running).toContain('The connection to the database was lost');
    });
    await holder.end();
  });

  it('between two statements is noticed at the next one, and the same client goes on working', async () => {
    const sql = connect({ url: database.url, applicationName: 'cut me', max: 1 });
    const cutOff = writeTransaction(sql, APPLY_LIMITS, async (tx) => {
      const [row] = await tx`select pg_backend_pid() as pid`;
      await database.superuser`select pg_terminate_backend(${Number(row?.pid)})`;
      await sleep(100);
      await tx`select 1`;
    });
    await expect(cutOff).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect((await apply(round(100), sql)).reason).toBe('applied');
    await sql.end();
  });
});
