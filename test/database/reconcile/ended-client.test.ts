import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, discard, type Sql } from '../../../actions/_shared/database/connect.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
});
afterAll(() => database.drop());

async function connectionsOf(name: string): Promise<number> {
  const [row] = await database.superuser`
    select count(*)::int as open from pg_stat_activity where application_name = ${name}`;
  return Number(row?.open);
}

/** Cuts the client's only connection while one statement is at work and another waits for its turn. */
async function cut(sql: Sql, name: string): Promise<readonly PromiseSettledResult<unknown>[]> {
  await sql`select 1`;
  const statements = Promise.allSettled([sql`select pg_sleep(${10})`, sql`select ${2}::int`]);
  while ((await connectionsOf(name)) === 0) await sleep(5);
  await database.superuser`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`;
  return statements;
}

describe('a client whose connection was cut', () => {
  test.each([
    ['discarded', (sql: Sql) => discard(sql)],
    ['ended', (sql: Sql) => void sql.end({ timeout: 0.001 })],
  ])('and that is %s before it is connected anew leaves no connection behind', async (word, end) => {
    const name = `test-${word}`;
    let late: Promise<readonly PromiseSettledResult<unknown>[]> | undefined;
    const sql = connect({
      url: database.url,
      applicationName: name,
      max: 1,
      idleTimeoutSeconds: 0,
      events: {
        onClose: () => {
          // Asked for while it is about to connect anew: the first is at the head, the others wait behind it.
          late ??= Promise.allSettled([1, 2, 3].map((each) => sql`select ${each}::int`));
          end(sql);
        },
      },
    });
    const outcomes = await cut(sql, name);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await late)?.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await sleep(300);
    expect(await connectionsOf(name)).toBe(0);
  });

  test('is connected anew when nobody ended it', async () => {
    const sql = connect({ url: database.url, applicationName: 'test-kept', max: 1 });
    try {
      await cut(sql, 'test-kept');
      expect([...(await sql`select 3 as three`)]).toEqual([{ three: 3 }]);
    } finally {
      await sql.end();
    }
    expect(await connectionsOf('test-kept')).toBe(0);
  });
});
