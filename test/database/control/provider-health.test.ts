import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { asCaller, type Caller } from '../rls/session.ts';

const database = await createTestDatabase(import.meta.url);
const api = postgres({
  ...database.connectAs(database.name, 'authenticator'),
  max: 2,
  onnotice: () => undefined,
});
afterAll(async () => {
  await api.end();
  await database.drop();
});

const service: Caller = { role: 'service_role' };
const admin: Caller = { role: 'authenticated', userId: randomUUID() };
const stranger: Caller = { role: 'authenticated', userId: randomUUID() };
await database.sql`insert into ops.admins (user_id) values (${admin.userId ?? ''})`;

/** What supabase-js sends for these tables, all of them in the schema it speaks to by default. */
await asCaller(api, service, async (sql) => {
  await sql`
    insert into public.openrouter_credits_cache (base_url, payload)
    values ('https://openrouter.ai/api/v1', '{"data": {"total_credits": 10, "total_usage": 9}}')`;
  await sql`
    insert into public.openrouter_credits_cache (base_url, payload)
    values ('https://openrouter.ai/api/v1', '{"data": {"total_credits": 10, "total_usage": 9.5}}')
    on conflict (base_url) do update set payload = excluded.payload, fetched_at = excluded.fetched_at`;
  await sql`
    insert into public.openrouter_key_cache (base_url, payload)
    values ('https://openrouter.ai/api/v1', '{"data": {"limit_remaining": 3}}')`;
  await sql`
    insert into public.openrouter_circuit_breakers (model, is_open, open_until, failure_streak, last_status, last_error)
    values ('some/model', true, now() + interval '5 minutes', 4, 429, 'rate limited')`;
  await sql`
    insert into public.job_run_log (job_name, started_at, finished_at, ok, error_code, error_message)
    values ('openrouter-health-check', now(), now(), false, 'Error', 'no answer')`;
  await sql`insert into public.migration_logs (migrated, failed, remaining, elapsed_s, errors) values (5, 0, 95, 1.5, '{}')`;
});

const tables = [
  'openrouter_credits_cache',
  'openrouter_key_cache',
  'openrouter_circuit_breakers',
  'job_run_log',
  'migration_logs',
];
describe.each(tables)('public.%s', (table) => {
  const read = (caller: Caller) =>
    asCaller(api, caller, (sql) => sql`select * from ${sql(`public.${table}`)}`);

  it('is the table of ops, read by admins and service_role', async () => {
    expect(await read(service)).toHaveLength(1);
    expect(await read(admin)).toHaveLength(1);
    expect(await read(stranger)).toEqual([]);
    await expect(read({ role: 'anon' })).rejects.toMatchObject({ code: '42501' });
    expect(await asCaller(api, admin, (sql) => sql`select * from ${sql(`ops.${table}`)}`)).toHaveLength(1);
  });

  it('is written by service_role only', async () => {
    for (const caller of [admin, stranger, { role: 'anon' } as const]) {
      await expect(
        asCaller(api, caller, (sql) => sql`insert into ${sql(`public.${table}`)} default values`),
      ).rejects.toMatchObject({ code: '42501' });
      await expect(
        asCaller(api, caller, (sql) => sql`delete from ${sql(`public.${table}`)}`),
      ).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('has no rights of its own: a grant too much on the view still opens nothing', async () => {
    await database.sql`grant select on ${database.sql(`public.${table}`)} to anon`;
    await expect(read({ role: 'anon' })).rejects.toMatchObject({ code: '42501' });
    await database.sql`revoke select on ${database.sql(`public.${table}`)} from anon`;
  });
});

it.each(['job_run_log', 'migration_logs'])(
  '%s is a log: service_role adds to it and changes nothing',
  async (table) => {
    for (const change of ['delete from', 'update']) {
      const rest = change === 'update' ? ` set created_at = now()` : '';
      await expect(
        asCaller(api, service, (sql) => sql.unsafe(`${change} public.${table}${rest}`)),
      ).rejects.toMatchObject({ code: '42501' });
    }
  },
);
