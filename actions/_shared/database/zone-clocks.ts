import * as z from 'zod';
import { lazily } from '../declare/lazily.ts';
import type { Queryable } from './connect.ts';
import { textArray } from './text-array.ts';

const clocks = lazily(() =>
  z.array(
    z.object({
      zone: z.string(),
      /** Unix milliseconds; null for a zone the server does not know. */
      at: z.number().nullable(),
      /** Minutes east of UTC that clocks of the zone show then. */
      offset: z.number().nullable(),
    }),
  ),
);
export type ZoneClock = z.infer<ReturnType<typeof clocks>>[number];

/**
 * What the server's time zone data says of some zones: their offset every two weeks of the coming year. Names it does not know are
 * looked up rather than tried, because a wrong one would fail the transaction.
 */
export async function readZoneClocks(sql: Queryable, zones: readonly string[]): Promise<ZoneClock[]> {
  const rows = await sql`
    select wanted.zone, (extract(epoch from known.at) * 1000)::float8 as at,
           (extract(epoch from (known.at at time zone known.name) - (known.at at time zone 'UTC')) / 60)::int as "offset"
    from unnest(${textArray(zones)}::text[]) as wanted (zone)
    left join (
      (select name from pg_catalog.pg_timezone_names) as names
      cross join generate_series(date_trunc('hour', now()), now() + interval '1 year', interval '2 weeks') as moments (at)
    ) as known on known.name = wanted.zone
    order by wanted.zone, known.at`;
  return clocks().parse([...rows]);
}
