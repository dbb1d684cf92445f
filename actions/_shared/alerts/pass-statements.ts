import * as z from 'zod';
import type { Queryable } from '../database/connect.ts';

/** Leaves a sign of life, the last thing a run does. */
export async function recordHeartbeat(
  sql: Queryable,
  beat: {
    readonly name: string;
    readonly every: string;
    readonly runUrl: string;
    readonly result: string;
    readonly isProjected: boolean;
  },
): Promise<void> {
  await sql`
    select ops.record_heartbeat(${beat.name}, ${beat.every}::interval, ${beat.runUrl}, ${beat.result}, ${beat.isProjected})`;
}

const PassCounts = z.object({
  late: z.boolean(),
  pending: z.number().default(0),
  active: z.number().default(0),
  acknowledged: z.number().default(0),
  snoozed: z.number().default(0),
  silenced: z.number().default(0),
  muted: z.number().default(0),
  unknown: z.number().default(0),
  recovering: z.number().default(0),
  resolved: z.number().default(0),
});
export type PassCounts = z.infer<typeof PassCounts>;

/** Hands over what a pass over the checks saw (`ops.record_check_pass`). */
export async function recordCheckPass(sql: Queryable, pass: object): Promise<PassCounts> {
  const rows = await sql`select ops.record_check_pass(${JSON.stringify(pass)}::text::jsonb) as counts`;
  const [row] = z.array(z.object({ counts: PassCounts })).parse([...rows]);
  return PassCounts.parse(row?.counts);
}
