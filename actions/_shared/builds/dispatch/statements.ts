import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';

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
  /** When GitHub was told, or when this claim to tell it was made. */
  postedAt: z.date(),
  /** Looks since then, this one counted. */
  looks: z.number(),
  createdAt: z.date(),
});
export type Order = z.infer<typeof Order>;

/** Which orders, or builds, somebody can do something about. */
export interface Reach {
  readonly limit: number;
  /** `owner/name` each; left out, all. */
  readonly repositories?: readonly string[] | undefined;
}

function arrayOrNull(repositories: readonly string[] | undefined): string | null {
  return repositories === undefined ? null : textArray(repositories);
}

/** Takes orders; none of them is given to anybody else for two minutes. */
export async function claimOrders(
  sql: Queryable,
  dispatcher: string,
  { limit, repositories, buildId }: Reach & { readonly buildId?: string | undefined },
): Promise<Order[]> {
  const rows = await sql`
    select build_id as "buildId", attempt, claim_token::text as "claimToken", action, repository, workflow, ref, inputs,
           posted_at as "postedAt", looks, created_at as "createdAt"
    from ops.claim_build_dispatches(
      ${dispatcher}, ${limit}, ${arrayOrNull(repositories)}::text[], ${buildId ?? null}::uuid
    )`;
  return z.array(Order).parse([...rows]);
}

/** What came of an order; `againInMs`: when it is looked at next. */
export type OrderEnd =
  | {
      readonly state: 'sent';
      readonly runId: number;
      readonly runUrl: string | null;
      /** Other runs that were started for it. */
      readonly extraRuns: readonly number[];
    }
  | { readonly state: 'refused'; readonly error: string }
  /** `unsent`: there surely is no run. `postponed`: GitHub took nothing now. */
  | {
      readonly state: 'unknown' | 'unsent' | 'postponed';
      readonly error: string;
      readonly againInMs: number;
    };

const Settled = z.array(z.object({ ok: z.boolean() })).length(1);

/** Writes down what came of an order; false when somebody else has it by now. */
export async function settleOrder(
  sql: Queryable,
  order: Pick<Order, 'buildId' | 'attempt' | 'claimToken'>,
  end: OrderEnd,
): Promise<boolean> {
  const sent = end.state === 'sent' ? end : { runId: null, runUrl: null, extraRuns: [] };
  const error = end.state === 'sent' ? null : end.error;
  const againInMs = 'againInMs' in end ? end.againInMs : 0;
  const rows = await sql`
    select ops.settle_build_dispatch(
      ${order.buildId}, ${order.attempt}, ${order.claimToken}, ${end.state}, ${sent.runId}, ${sent.runUrl}, ${error},
      make_interval(secs => ${againInMs / 1000}), ${textArray(sent.extraRuns)}::bigint[]
    ) as ok`;
  return Settled.parse([...rows])[0]?.ok ?? false;
}

/** A dispatched build whose run says nothing, or was asked to stop. */
export const SilentBuild = z.object({
  buildId: z.string(),
  attempt: z.number(),
  repository: z.string(),
  workflow: z.string(),
  ref: z.string(),
  runId: z.coerce.number().nullable(),
  runAttempt: z.number().nullable(),
  postedAt: z.date(),
  cancelRequestedAt: z.date().nullable(),
});
export type SilentBuild = z.infer<typeof SilentBuild>;

/** Builds GitHub should be asked about, the longest silent first. */
export async function silentBuilds(sql: Queryable, { limit, repositories }: Reach): Promise<SilentBuild[]> {
  const rows = await sql`
    select build_id as "buildId", attempt, repository, workflow, ref, github_run_id::text as "runId",
           github_run_attempt as "runAttempt", posted_at as "postedAt", cancel_requested_at as "cancelRequestedAt"
    from ops.silent_builds(${limit}, ${arrayOrNull(repositories)}::text[])`;
  return z.array(SilentBuild).parse([...rows]);
}

/** What GitHub says of a silent run. */
export interface Verdict {
  readonly truth: 'alive' | 'succeeded' | 'failed' | 'cancelled' | 'gone';
  /** In words; of a run that lives, what it waits for. */
  readonly why: string | null;
  readonly environmentUrl?: string | null;
}

const Now = z.array(z.object({ now: z.string() })).length(1);

/** How long a run that GitHub says is alive may be silent until GitHub is asked again: until the next round. */
const EXTEND_MS = 240_000;

/** Tells the build what GitHub says. Returns what the build is now. */
export async function settleSilentBuild(
  sql: Queryable,
  build: Pick<SilentBuild, 'buildId' | 'attempt'>,
  { truth, why, environmentUrl }: Verdict,
  extendMs = EXTEND_MS,
): Promise<string> {
  const rows = await sql`
    select ops.settle_silent_build(
      ${build.buildId}, ${build.attempt}, ${truth}, ${why}, p_extend => make_interval(secs => ${extendMs / 1000}),
      p_environment_url => ${environmentUrl ?? null}
    ) as now`;
  return Now.parse([...rows])[0]?.now ?? 'stale';
}

const SentOrder = z.object({
  buildId: z.string(),
  attempt: z.number(),
  repository: z.string(),
  workflow: z.string(),
  ref: z.string(),
  runId: z.coerce.number(),
  postedAt: z.date(),
});
/** An order whose run is known. */
export type SentOrder = z.infer<typeof SentOrder>;

/** Orders told so long ago that GitHub's list shows every run made of them, not yet searched for doubles. */
export async function sentOrders(
  sql: Queryable,
  { limit, repositories, afterMs }: Reach & { readonly afterMs: number },
): Promise<SentOrder[]> {
  const rows = await sql`
    select build_id as "buildId", attempt, repository, workflow, ref, github_run_id::text as "runId", posted_at as "postedAt"
    from ops.sent_dispatches(
      make_interval(secs => ${afterMs / 1000}), ${limit}, ${arrayOrNull(repositories)}::text[]
    )`;
  return z.array(SentOrder).parse([...rows]);
}

/** Notes the other runs of an order, to be cancelled; nobody searches for them again. */
export async function settleDoubles(
  sql: Queryable,
  { buildId, attempt }: Pick<SentOrder, 'buildId' | 'attempt'>,
  runs: readonly number[],
): Promise<void> {
  await sql`select ops.settle_doubles(${buildId}, ${attempt}, ${textArray(runs)}::bigint[])`;
}

const ExtraRun = z.object({
  buildId: z.string(),
  attempt: z.number(),
  repository: z.string(),
  runId: z.coerce.number(),
});
/** A run that claimed to be a build's and is not. */
export type ExtraRun = z.infer<typeof ExtraRun>;

/** Runs nobody waits for. */
export async function extraRuns(sql: Queryable, { limit, repositories }: Reach): Promise<ExtraRun[]> {
  const rows = await sql`
    select build_id as "buildId", attempt, repository, github_run_id::text as "runId"
    from ops.extra_runs(${limit}, ${arrayOrNull(repositories)}::text[])`;
  return z.array(ExtraRun).parse([...rows]);
}

/** GitHub was told to stop it. */
export async function forgetExtraRun(sql: Queryable, { buildId, attempt, runId }: ExtraRun): Promise<void> {
  await sql`select ops.forget_extra_run(${buildId}, ${attempt}, ${runId})`;
}
