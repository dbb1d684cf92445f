import { randomUUID } from 'node:crypto';
import type { TransactionSql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordFrame } from '../../../actions/_shared/builds/recorder/statements.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addOrganisation, asMember } from '../builds/people.ts';
import { addRealtime, addTodaysPartition, letOwnerWritePolicies } from './realtime.ts';
import { builder, storedLines } from './story.ts';

let database: TestDatabase;
let run: Awaited<ReturnType<typeof builder>>['run'];
let member: string;
let stranger: string;

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  const built = await builder(database.sql);
  run = built.run;
  member = built.org.memberId;
  stranger = (await addOrganisation(database.sql, 'other')).memberId;
});
afterAll(() => database.drop());

const frame = (seq: number, text: string) => ({
  op: 'lines' as const,
  seq,
  count: text.split('\n').length,
  at: new Date().toISOString(),
  kind: 'log',
  levels: ['info' as const],
  step: null,
  text,
});

interface Message {
  readonly topic: string;
  readonly event: string;
  readonly private: boolean;
  readonly extension: string;
  readonly payload: Readonly<Record<string, unknown>>;
}
const messages = async (topic: string): Promise<Message[]> => {
  const rows = await database.superuser<Message[]>`
    select topic, event, private, extension, payload - 'id' as payload
    from realtime.messages where topic = ${topic} order by inserted_at, event`;
  return rows.map((row) => ({ ...row }));
};

it('says nothing where there is no Realtime', async () => {
  const lease = await run();
  expect(await recordFrame(database.sql, lease, frame(1, 'one'))).toBe('stored');
  expect(await database.sql`select ops.can_broadcast() as can, ops.allow_broadcast() as allowed`).toEqual([
    { can: false, allowed: false },
  ]);
});

describe('where there is Realtime', () => {
  beforeAll(async () => {
    await addRealtime(database.superuser);
  });

  it('waits for its partition of today, and for whoever may write policies', async () => {
    const lease = await run();
    expect(await recordFrame(database.sql, lease, frame(1, 'one'))).toBe('stored');
    expect(await messages(`build:${lease.buildId}`)).toEqual([]);
    expect(await database.sql`select ops.can_broadcast() as can, ops.allow_broadcast() as allowed`).toEqual([
      { can: false, allowed: false },
    ]);
    await letOwnerWritePolicies(database.superuser);
    await addTodaysPartition(database.superuser);
    for (let time = 0; time < 2; time += 1) {
      expect(await database.sql`select ops.can_broadcast() as can, ops.allow_broadcast() as allowed`).toEqual(
        [{ can: true, allowed: true }],
      );
    }
  });

  it('tells once a batch up to where there are lines, and each state, on a private channel of the build', async () => {
    const lease = await run();
    const topic = `build:${lease.buildId}`;
    await database.superuser`delete from realtime.messages`;
    await recordFrame(database.sql, lease, frame(1, 'a secret line\nanother\nthird'));
    await recordFrame(database.sql, lease, frame(4, 'fourth'));
    // Sent again, nothing is new.
    await recordFrame(database.sql, lease, frame(4, 'fourth'));
    await recordFrame(database.sql, lease, { op: 'status', status: 'succeeded' });
    const sent = await messages(topic);
    const common = { topic, private: true, extension: 'broadcast' };
    expect(sent.filter(({ event }) => event === 'lines')).toEqual([
      { ...common, event: 'lines', payload: { attempt: 1, seq: 3 } },
      { ...common, event: 'lines', payload: { attempt: 1, seq: 4 } },
    ]);
    expect(sent.filter(({ event }) => event === 'build')).toContainEqual({
      ...common,
      event: 'build',
      payload: { attempt: 1, status: 'succeeded' },
    });
    expect(JSON.stringify(sent)).not.toContain('secret line');
  });

  it('stores lines all the same when Realtime can’t take the message, or is switched off', async () => {
    const lease = await run();
    await database.superuser`delete from realtime.messages`;
    await database.superuser`alter table realtime.messages add constraint broken check (event <> 'lines')`;
    expect(await recordFrame(database.sql, lease, frame(1, 'one'))).toBe('stored');
    await database.superuser`alter table realtime.messages drop constraint broken`;
    await database.sql.begin(async (sql) => {
      await sql`set local opsroom.broadcast = 'off'`;
      expect(await recordFrame(sql, lease, frame(2, 'two'))).toBe('stored');
    });
    expect(await messages(`build:${lease.buildId}`)).toEqual([]);
    expect((await storedLines(database.sql, lease)).map(({ message }) => message)).toEqual(['one', 'two']);
  });

  it('does not stop who may not look into its schema', async () => {
    await database.superuser`revoke usage on schema realtime from service_role`;
    const service = database.as('service_role');
    expect(await service`select has_schema_privilege('realtime', 'usage') as may`).toEqual([{ may: false }]);
    const lease = await run();
    expect(await recordFrame(service, lease, frame(1, 'one'))).toBe('stored');
    await database.superuser`grant usage on schema realtime to service_role`;
  });

  describe('a channel', () => {
    /** As the service decides who may join: with the person's role, claims and topic it looks for a message of its own. */
    async function mayJoin(userId: string, topic: string, extension = 'broadcast'): Promise<boolean> {
      const id = randomUUID();
      await database.superuser`
        insert into realtime.messages (id, topic, extension) values (${id}, ${topic}, ${extension})`;
      const found = await asMember(database, userId, async (sql: TransactionSql) => {
        await sql`select set_config('realtime.topic', ${topic}, true)`;
        return sql`select from realtime.messages where id = ${id}`;
      });
      return found.length > 0;
    }
    let topic: string;
    beforeEach(async () => {
      topic = `build:${(await run()).buildId}`;
    });

    it('is heard by members of the build’s organisation, and by nobody else', async () => {
      expect(await mayJoin(member, topic)).toBe(true);
      expect(await mayJoin(stranger, topic)).toBe(false);
      expect(await mayJoin(randomUUID(), topic)).toBe(false);
      const anonymous = database.as('anon');
      const seen = await anonymous.begin(async (sql) => {
        await sql`select set_config('realtime.topic', ${topic}, true)`;
        return sql`select from realtime.messages`;
      });
      expect(seen).toHaveLength(0);
    });

    it('is that of a build: other topics, presence, and speaking up are for others to allow', async () => {
      for (const other of [`build:${randomUUID()}`, 'build:', `${topic}x`, `room:${topic}`, 'realtime:x'])
        expect([other, await mayJoin(member, other)]).toEqual([other, false]);
      expect(await mayJoin(member, topic, 'presence')).toBe(false);
      await expect(
        asMember(database, member, async (sql) => {
          await sql`select realtime.topic()`;
          return sql`insert into realtime.messages (topic, extension) values (${topic}, 'broadcast')`;
        }),
      ).rejects.toThrow('row-level security');
    });
  });
});
