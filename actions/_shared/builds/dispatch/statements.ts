import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';

/** An order to GitHub: tell it (send), or look for what came of telling it (find). */
export const Order = z.object({
  buildId: z.string(),
  attempt: z.number(),
  claimToken: z.string(),
  action: z.enum(['send', 'find']),
  repository: z.string(),
  workflow: z.string(),
  ref: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  postedAt: z.date(),
  looks: z.number(),
});
export type Order = z.infer<typeof Order>;

/** Takes orders; none of them is given to anybody else for two minutes. */
export async function claimOrders(sql: Queryable, dispatcher: string, limit: number): Promise<Order[]> {
  const rows = await sql`
    select build_id as "buildId", attempt, claim_token::text as "claimToken", action, repository, workflow, ref, inputs,
           posted_at as "postedAt", looks
    from ops.claim_build_dispatches(${dispatcher}, ${limit})`;
  return z.array(Order).parse([...rows]);
}

/** What came of an order. */
export type OrderEnd =
  | { readonly state: 'sent'; readonly runId: number; readonly runUrl: string | null }
  | { readonly state: 'unknown' | 'unsent' | 'refused'; readonly error: string };

const Settled = z.array(z.object({ ok: z.boolean() })).length(1);

/** Writes down what came of an order; false when somebody else has it by now. */
export async function settleOrder(
  sql: Queryable,
  order: Pick<Order, 'buildId' | 'attempt' | 'claimToken'>,
  end: OrderEnd,
  againInMs: number,
): Promise<boolean> {
  const sent = end.state === 'sent' ? end : { runId: null, runUrl: null };
  const error = end.state === 'sent' ? null : end.error;
  const rows = await sql`
    select ops.settle_build_dispatch(
      ${order.buildId}, ${order.attempt}, ${order.claimToken}, ${end.state}, ${sent.runId}, ${sent.runUrl}, ${error},
      make_interval(secs => ${againInMs / 1000})
    ) as ok`;
  return Settled.parse([...rows])[0]?.ok ?? false;
}

/** A dispatched build whose run says nothing, or was asked to stop. */
export const SilentBuild = z.object({
  buildId: z.string(),
  attempt: z.number(),
  repository: z.string(),
  runId: z.coerce.number().nullable(),
  cancelRequested: z.boolean(),
});
export type SilentBuild = z.infer<typeof SilentBuild>;

/** Builds GitHub should be asked about. */
export async function silentBuilds(sql: Queryable, limit: number): Promise<SilentBuild[]> {
  const rows = await sql`
    select build_id as "buildId", attempt, repository, github_run_id as "runId",
           cancel_requested_at is not null as "cancelRequested"
    from ops.silent_builds(${limit})`;
  return z.array(SilentBuild).parse([...rows]);
}

/** What GitHub says of a silent run. */
export type Truth = 'alive' | 'succeeded' | 'failed' | 'cancelled' | 'gone';

const Now = z.array(z.object({ now: z.string() })).length(1);

/** Tells the build what GitHub says. Returns what the build is now. */
export async function settleSilentBuild(
  sql: Queryable,
  build: Pick<SilentBuild, 'buildId' | 'attempt'>,
  said: { readonly truth: Truth; readonly why: string },
): Promise<string> {
  const rows = await sql`
    select ops.settle_silent_build(${build.buildId}, ${build.attempt}, ${said.truth}, ${said.why}) as now`;
  return Now.parse([...rows])[0]?.now ?? 'stale';
}
