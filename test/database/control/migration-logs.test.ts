import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { activeAlerts } from '../ops/jobs.ts';
import { asCaller } from '../rls/session.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const api = postgres({
  ...database.connectAs(database.name, 'authenticator'),
  max: 1,
  onnotice: () => undefined,
});
afterAll(async () => {
  await api.end();
  await database.drop();
});
beforeEach(() => sql`truncate ops.migration_logs, ops.migration_batches, ops.alerts, ops.alert_events`);

interface Log {
  readonly status?: 'success' | 'error' | 'auth_error';
  readonly migrated?: number;
  readonly failed?: number;
  readonly remaining?: number;
  readonly errors?: readonly string[];
  readonly total?: number;
}
async function record({
  status = 'success',
  migrated = 0,
  failed = 0,
  remaining = 0,
  errors = [],
  total,
}: Log = {}) {
  await service`
    select ops.record_migration_log(
      p_batch => 'odoo', p_status => ${status}, p_migrated => ${migrated}, p_failed => ${failed}, p_remaining => ${remaining},
      p_elapsed_s => 1.25, p_errors => ${[...errors]}, p_total => ${total ?? null}
    )`;
}
async function progress(batch = 'odoo'): Promise<Record<string, unknown> | null> {
  const [row] = await service<
    { card: Record<string, unknown> | null }[]
  >`select ops.batch_progress(${batch}) as card`;
  return row?.card ?? null;
}

describe('the card of a batch', () => {
  it('adds up, and knows how fast it goes and when it will be done', async () => {
    // A batch a minute for ten minutes, 25 a batch, the last one just now.
    await sql`
      insert into ops.migration_logs (id, created_at, batch, migrated, failed, remaining)
      select ops.id_floor(now() - make_interval(mins => 10 - i)), now() - make_interval(mins => 10 - i), 'odoo', 25, i % 2, 1000 - 25 * i
      from generate_series(1, 10) i`;
    expect(await progress()).toMatchObject({
      total: 1000,
      done: 250,
      failed: 5,
      remaining: 750,
      percent: 25,
      finished: false,
      rate_per_minute: 25,
      eta_s: 1800,
      pulse: 'green',
      last_failure_at: null,
      recent_errors: [],
    });
  });

  it('believes the remaining count of batches that succeeded only', async () => {
    await record({ migrated: 10, remaining: 90 });
    await record({ status: 'error', errors: ['crashed'] });
    expect(await progress()).toMatchObject({
      done: 10,
      remaining: 90,
      total: 100,
      finished: false,
      last_status: 'error',
    });
    await record({ migrated: 90, remaining: 0 });
    expect(await progress()).toMatchObject({ done: 100, remaining: 0, percent: 100, finished: true });
  });

  it('goes by the total where the writer knows it', async () => {
    await record({ migrated: 1, remaining: 17_572, total: 18_323 });
    expect(await progress()).toMatchObject({ total: 18_323, done: 751, percent: 4.1 });
  });

  it('turns red when the last log is two minutes old, and then promises nothing', async () => {
    await sql`
      insert into ops.migration_logs (created_at, batch, migrated, remaining)
      values (now() - interval '3 minutes', 'odoo', 5, 20), (now() - interval '2 minutes 1 second', 'odoo', 5, 15)`;
    expect(await progress()).toMatchObject({ pulse: 'red', eta_s: null });
    await record({ migrated: 5, remaining: 10 });
    expect(await progress()).toMatchObject({ pulse: 'green' });
  });

  it('shows the recent errors, newest first', async () => {
    await record({
      failed: 2,
      remaining: 1,
      errors: ['Upload 4521: bucket quota exceeded', 'File 8832: empty'],
    });
    await record({ status: 'auth_error', errors: ['401'] });
    const card = await progress();
    expect(card?.recent_errors).toMatchObject([
      { status: 'auth_error', error: '401' },
      { status: 'success', error: 'Upload 4521: bucket quota exceeded' },
      { error: 'File 8832: empty' },
    ]);
    expect(card?.last_failure_at).not.toBeNull();
  });

  it('survives the pruning of its logs', async () => {
    await record({ migrated: 10, remaining: 90 });
    await sql`delete from ops.migration_logs`;
    expect(await progress()).toMatchObject({ done: 10, total: 100 });
  });

  it('is nothing for an unknown batch, and for who is no admin', async () => {
    await record();
    expect(await progress('other')).toBeNull();
    const read = (userId: string) =>
      asCaller(api, { role: 'authenticated', userId }, (as) => as`select ops.batch_progress('odoo') as card`);
    const admin = randomUUID();
    expect(await read(admin)).toEqual([{ card: null }]);
    await sql`insert into ops.admins (user_id) values (${admin})`;
    expect(await read(admin)).toMatchObject([{ card: { batch: 'odoo' } }]);
  });
});

describe('a batch that fails', () => {
  it('is an alert, critical when it was not let in, until one succeeds', async () => {
    await record({ status: 'error', errors: ['crashed'] });
    expect(await activeAlerts(sql)).toMatchObject({
      'migration:odoo': { severity: 'warning', message: 'crashed', count: 1 },
    });
    await record({ status: 'auth_error', errors: ['401 from Odoo'] });
    expect(await activeAlerts(sql)).toMatchObject({
      'migration:odoo': { severity: 'critical', message: '401 from Odoo', count: 2 },
    });
    await record({ migrated: 1, remaining: 0 });
    expect(await activeAlerts(sql)).toEqual({});
  });

  it('leaves no token behind, and bounded text', async () => {
    const errors = [
      'bearer sb_secret_abcdef123456 refused',
      'x'.repeat(2000),
      ...Array.from({ length: 60 }, () => 'e'),
    ];
    await record({ status: 'error', errors });
    const [row] = await sql<{ errors: string[] }[]>`select errors from ops.migration_logs`;
    expect(row?.errors).toHaveLength(50);
    expect(row?.errors[0]).not.toContain('abcdef');
    expect(row?.errors[1]).toHaveLength(500);
    expect(JSON.stringify(await activeAlerts(sql))).not.toContain('abcdef');
  });

  it('with a status of its own invention is refused', async () => {
    await expect(service`select ops.record_migration_log('odoo', 'fine')`).rejects.toThrow(
      'migration_logs_status_check',
    );
  });
});

it('twelve batches at once add up', async () => {
  const sessions = Array.from({ length: 12 }, () => database.as('service_role'));
  await Promise.all(
    sessions.map(
      (session) => session`select ops.record_migration_log('odoo', p_migrated => 5, p_remaining => 7)`,
    ),
  );
  expect(await progress()).toMatchObject({ done: 60, remaining: 7 });
});
