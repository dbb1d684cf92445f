import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());

describe('ids', () => {
  it('sort in the order they were made, within one statement and between them', async () => {
    const [row] = await sql`
      select count(*) filter (where id <= before)::int as unordered, count(distinct id)::int as different
      from (select id, lag(id) over (order by n) as before from (select n, ops.new_id() as id from generate_series(1, 20000) n) made) pairs
    `;
    expect(row).toEqual({ unordered: 0, different: 20_000 });
    const ids: string[] = [];
    for (let n = 0; n < 50; n += 1) {
      const [next] = await sql<{ id: string }[]>`select ops.new_id() as id`;
      ids.push(next?.id ?? '');
    }
    expect(ids).toEqual([...ids].sort());
  });

  it('are of version 7 and the variant of RFC 9562, with the milliseconds in front', async () => {
    const [row] = await sql<{ id: string; before: number; after: number }[]>`
      select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as before, ops.new_id() as id,
        ceil(extract(epoch from clock_timestamp()) * 1000)::float8 as after
    `;
    expect(row?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const milliseconds = Number.parseInt(row?.id.replaceAll('-', '').slice(0, 12) ?? '', 16);
    expect(milliseconds).toBeGreaterThanOrEqual(row?.before ?? Number.NaN);
    expect(milliseconds).toBeLessThanOrEqual(row?.after ?? Number.NaN);
  });

  it('lie between the floors of the instants around them', async () => {
    const [row] = await sql`
      select count(*) filter (where id < ops.id_floor(before) or id >= ops.id_floor(after + interval '1 microsecond'))::int as outside
      from (select clock_timestamp() as before, ops.new_id() as id, clock_timestamp() as after from generate_series(1, 20000)) made
    `;
    expect(row).toEqual({ outside: 0 });
  });

  it.each([
    ['2026-11-21 02:00:00.123456+00', '01a1', 'the day this was written'],
    ['1970-01-01 00:00:00+00', '00000000-0000-7000-8000-000000000000', 'the first instant'],
    ['1969-12-31 23:59:59+00', '00000000-0000-7000-8000-000000000000', 'before the first'],
    ['-infinity', '00000000-0000-7000-8000-000000000000', 'before all'],
    ['infinity', 'ffffffff-ffff-7ffb-8000-000000000000', 'after all'],
    ['2026-01-01 00:00:00.123456+00', '019b76da-a87b-774b-8000-000000000000', 'half a millisecond'],
    [
      '2026-01-01 00:00:00.123999+00',
      '019b76da-a87b-7ffb-8000-000000000000',
      'the last microsecond of a millisecond',
    ],
  ])('have a floor at %s', async (at, floor) => {
    const [row] = await sql<{ floor: string }[]>`select ops.id_floor(${at}::text::timestamptz) as floor`;
    expect(row?.floor.slice(0, floor.length)).toBe(floor);
  });

  it('rise with every microsecond, in whatever time zone is set', async () => {
    const [row] = await sql`
      select count(*) filter (where ops.id_floor(at) >= ops.id_floor(at + interval '1 microsecond'))::int as unordered
      from (select timestamptz '2026-11-21 02:00:00.999+00' + n * interval '1 microsecond' as at from generate_series(0, 3000) n) instants
    `;
    expect(row).toEqual({ unordered: 0 });
    const floors = await sql.begin(async (q) => {
      const at = '2026-03-08 02:30:00+00';
      const [utc] = await q`select ops.id_floor(${at}::text::timestamptz) as floor`;
      await q`set local time zone 'America/New_York'`;
      const [local] = await q`select ops.id_floor(${at}::text::timestamptz) as floor`;
      return [utc, local];
    });
    expect(floors[0]).toEqual(floors[1]);
    expect(await sql`select ops.id_floor(null) as floor`).toEqual([{ floor: null }]);
  });
});
