import { afterAll, describe, expect, it } from 'vitest';
import { textArray } from '../../../actions/_shared/database/text-array.ts';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, asMember, type Claim, claim } from './people.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const org = await addOrganisation(sql, 'acme');
afterAll(() => database.drop());

async function running(): Promise<Claim> {
  await sql`update ops.builds set status = 'lost', finished_at = now() where finished_at is null`;
  await sql`delete from ops.queued_jobs`;
  await sql`delete from ops.job_leases`;
  await addBuild(service, org.production);
  const build = await claim(service);
  if (build === null) throw new Error('nothing to claim');
  return build;
}

async function append(
  build: Claim,
  firstSeq: number,
  lines: string,
  token: string | null = build.token,
): Promise<unknown> {
  const [row] = await service`
    select outcome, inserted from ops.append_build_events(${build.buildId}, ${build.attempt}, ${firstSeq}, ${lines}, ${token})`;
  return { ...row };
}

async function lines(build: Claim): Promise<unknown[]> {
  const rows =
    await service`select seq, message from ops.build_logs(${build.buildId}) where attempt = ${build.attempt}`;
  return rows.map((row) => [row.seq, row.message]);
}

describe('a batch of lines', () => {
  it('is stored in order, empty lines and all', async () => {
    const build = await running();
    expect(await append(build, 1, 'one\n\nthree')).toEqual({ outcome: 'stored', inserted: 3 });
    expect(await append(build, 4, '')).toEqual({ outcome: 'stored', inserted: 1 });
    expect(await append(build, 5, 'tab\t"quote" \\ {brace} ünïcode')).toEqual({
      outcome: 'stored',
      inserted: 1,
    });
    expect(await lines(build)).toEqual([
      [1, 'one'],
      [2, ''],
      [3, 'three'],
      [4, ''],
      [5, 'tab\t"quote" \\ {brace} ünïcode'],
    ]);
  });

  it('sent again, wholly or in part, is stored once, and the first wins', async () => {
    const build = await running();
    await append(build, 1, 'a\nb\nc');
    expect(await append(build, 1, 'a\nb\nc')).toEqual({ outcome: 'stored', inserted: 0 });
    expect(await append(build, 3, 'other\nd')).toEqual({ outcome: 'stored', inserted: 1 });
    expect(await lines(build)).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
  });

  it('sent by many at once is stored once', async () => {
    const build = await running();
    const batch = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    const sessions = Array.from({ length: 6 }, () => database.as('service_role'));
    const answers = await Promise.all(
      sessions.map(async (session) => {
        const [row] = await session`
          select inserted from ops.append_build_events(${build.buildId}, 1, 1, ${batch}, ${build.token})`;
        return Number(row?.inserted);
      }),
    );
    expect(answers.reduce((sum, each) => sum + each, 0)).toBe(50);
    expect(await lines(build)).toHaveLength(50);
  });

  it('carries a time, a level and a step for each line when they are given', async () => {
    const build = await running();
    await service`
      select ops.append_build_events(
        ${build.buildId}, 1, 1, ${'fine\nbroken'}, ${build.token},
        ${textArray(['2026-11-20T10:00:00Z', '2026-11-20T10:00:01Z'])}::timestamptz[],
        ${textArray(['info', 'error'])}::text[], ${textArray([null, 'test'])}::text[])`;
    const rows = await service`select at, level, step, message from ops.build_logs(${build.buildId}, 0, 999)`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { at: new Date('2026-11-20T10:00:00Z'), level: 'info', step: null, message: 'fine' },
      { at: new Date('2026-11-20T10:00:01Z'), level: 'error', step: 'test', message: 'broken' },
    ]);
  });

  it('may have one time, level and step for all its lines', async () => {
    const build = await running();
    await service`
      select ops.append_build_events(
        ${build.buildId}, 1, 1, ${'a\nb'}, ${build.token}, '{2026-11-20T10:00:00Z}', '{warning}', '{test}')`;
    const rows = await service`select at, level, step from ops.build_logs(${build.buildId}, 0, 999)`;
    const each = { at: new Date('2026-11-20T10:00:00Z'), level: 'warning', step: 'test' };
    expect(rows.map((row) => ({ ...row }))).toEqual([each, each]);
  });

  it('that does not fit together is refused as a whole', async () => {
    const build = await running();
    await expect(
      service`select ops.append_build_events(${build.buildId}, 1, 1, ${'a\nb\nc'}, null, null, '{info,info}')`,
    ).rejects.toMatchObject({ code: '22023' });
    await expect(
      service`select ops.append_build_events(${build.buildId}, 1, 1, ${'a\nb'}, null, null, '{info,loud}')`,
    ).rejects.toMatchObject({ code: '23514' });
    await expect(append({ ...build, attempt: 0 }, 1, 'a', null)).rejects.toMatchObject({ code: '22023' });
    await expect(append({ ...build, buildId: crypto.randomUUID() }, 1, 'a', null)).rejects.toMatchObject({
      code: 'PT404',
    });
    expect(await lines(build)).toEqual([]);
  });

  it('with an endless line is cut, not lost', async () => {
    const build = await running();
    expect(await append(build, 1, 'x'.repeat(100_000))).toEqual({ outcome: 'stored', inserted: 1 });
    const [row] =
      await service`select length(message) as length from ops.build_logs(${build.buildId}) where attempt = 1`;
    expect(row?.length).toBe(65_536);
  });
});

describe('a stale writer changes nothing and is told', () => {
  const stale = { outcome: 'stale', inserted: 0 };

  it("with a lease that is somebody else's", async () => {
    const build = await running();
    expect(await append(build, 1, 'late', String(Number(build.token) + 1))).toEqual(stale);
    expect(await lines(build)).toEqual([]);
  });

  it('with a lease that is over', async () => {
    const build = await running();
    await sql`update ops.build_leases set expires_at = now() - interval '1 second' where build_id = ${build.buildId}`;
    expect(await append(build, 1, 'late')).toEqual(stale);
    expect(await lines(build)).toEqual([]);
  });

  it('with an attempt that is over, or has not begun', async () => {
    const build = await running();
    await service`select ops.set_build_status(${build.buildId}, 'failed', ${build.token})`;
    await service`select ops.retry_build(${build.buildId})`;
    await claim(service);
    expect(await append(build, 1, 'late', null)).toEqual(stale);
    expect(await append({ ...build, attempt: 3 }, 1, 'early', null)).toEqual(stale);
    expect(await lines(build)).toEqual([]);
    const [artifact] =
      await service`select outcome from ops.record_artifact(${build.buildId}, 'site.zip', p_attempt => 1)`;
    expect(artifact?.outcome).toBe('stale');
  });

  it('but the last lines may come after the end', async () => {
    const build = await running();
    await service`select ops.set_build_status(${build.buildId}, 'succeeded', ${build.token})`;
    expect(await append(build, 1, 'bye')).toEqual({ outcome: 'stored', inserted: 1 });
  });
});

describe('one event', () => {
  it('of the control room is numbered here, by many at once too', async () => {
    const build = await running();
    const sessions = Array.from({ length: 5 }, () => database.as('service_role'));
    await Promise.all(
      sessions.map(
        (session) =>
          session`select ops.append_build_event(${build.buildId}, 'noted', 'note', p_data => '{"by": 1}')`,
      ),
    );
    const rows = await service`select seq, kind from ops.build_logs(${build.buildId}) where attempt = 0`;
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.filter((row) => row.kind === 'note')).toHaveLength(5);
  });

  it('of a runner carries its number and data', async () => {
    const build = await running();
    const send = () => service`
      select outcome, seq from ops.append_build_event(
        ${build.buildId}, 'Run tests', 'step', p_step => 'test', p_data => '{"conclusion": "success"}', p_attempt => 1, p_seq => 9,
        p_lease_token => ${build.token})`;
    expect(await send()).toEqual([{ outcome: 'stored', seq: 9 }]);
    expect(await send()).toEqual([{ outcome: 'stored', seq: 9 }]);
    const rows =
      await service`select seq, kind, step, data from ops.build_logs(${build.buildId}) where attempt = 1`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { seq: 9, kind: 'step', step: 'test', data: { conclusion: 'success' } },
    ]);
  });
});

describe('the log', () => {
  it('is append-only, for service_role too', async () => {
    const build = await running();
    await append(build, 1, 'a');
    const refused = [
      service`update ops.build_events set message = 'b'`,
      service`delete from ops.build_events`,
      service`truncate ops.build_events`,
      service`insert into ops.build_events (build_id, org_id, attempt, seq, message) values (${build.buildId}, ${org.orgId}, 1, 7, 'x')`,
    ];
    for (const attempt of refused) await expect(attempt).rejects.toThrow('permission denied');
    const partitions = await sql<{ name: string }[]>`select name from ops.list_partitions('build_events')`;
    expect(partitions).not.toEqual([]);
    for (const { name } of partitions) {
      for (const role of ['service_role', 'authenticated', 'anon']) {
        const session = database.as(role);
        await expect(session`select * from ${sql(`ops.${name}`)}`).rejects.toThrow('permission denied');
        await session.end();
      }
    }
  });

  it('goes with its build', async () => {
    const build = await running();
    await append(build, 1, 'a\nb');
    await sql`delete from ops.builds where id = ${build.buildId}`;
    expect(await sql`select 1 from ops.build_events where build_id = ${build.buildId}`).toEqual([]);
  });

  it('is read in pages without a gap or a repeat while lines arrive', async () => {
    const build = await running();
    let written = 0;
    const write = async (count: number): Promise<void> => {
      await append(
        build,
        written + 1,
        Array.from({ length: count }, (_, index) => `line ${written + index + 1}`).join('\n'),
      );
      written += count;
    };
    await write(25);
    const seen: string[] = [];
    let last = { attempt: 0, seq: 999 };
    for (let page = 0; page < 20; page += 1) {
      const rows = await asMember(
        database,
        org.memberId,
        (member) => member<{ attempt: number; seq: number; message: string }[]>`
        select attempt, seq, message from ops.build_logs(${build.buildId}, ${last.attempt}, ${last.seq}, 10)`,
      );
      seen.push(...rows.map((row) => row.message));
      const end = rows.at(-1);
      if (end === undefined) break;
      last = end;
      if (page < 4) await write(7);
    }
    expect(seen).toEqual(Array.from({ length: 53 }, (_, index) => `line ${index + 1}`));
  });

  it('opens at its end, from where pages go on', async () => {
    const build = await running();
    await append(build, 1, 'a\nb\nc\nd');
    const tail = await service`select seq, message from ops.build_log_tail(${build.buildId}, 2)`;
    expect(tail.map((row) => row.message)).toEqual(['c', 'd']);
    await append(build, 5, 'e');
    const next = await service`select message from ops.build_logs(${build.buildId}, 1, ${tail.at(-1)?.seq})`;
    expect(next.map((row) => row.message)).toEqual(['e']);
  });
});
