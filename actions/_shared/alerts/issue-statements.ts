import * as z from 'zod';
import type { Queryable } from '../database/connect.ts';
import { textArray } from '../database/text-array.ts';
import { isYes } from '../database/yes.ts';

const Begun = z.object({
  token: z.coerce.number(),
  isOurs: z.boolean(),
  holder: z.string(),
  etag: z.string().nullable(),
  notBefore: z.date().nullable(),
  isEarly: z.boolean(),
  isScanned: z.boolean(),
  projectedAt: z.date().nullable(),
});
export type Begun = z.infer<typeof Begun>;

/** Takes the lease on the issues of a repository, unless somebody has it. */
export async function beginProjection(sql: Queryable, repository: string, holder: string): Promise<Begun> {
  const rows = await sql`
    select token, is_ours as "isOurs", holder, etag, may_write_at as "notBefore", is_early as "isEarly",
           is_scanned as "isScanned", (select coalesce(max(w.projected_at), min(w.created_at)) from ops.watchers w) as "projectedAt"
    from ops.begin_alert_projection(${repository}, ${holder})`;
  const [begun] = z.array(Begun).parse([...rows]);
  if (begun === undefined) throw new Error('ops.begin_alert_projection told nothing');
  return begun;
}

/** Gives the lease back, with what the next run should know. */
export async function endProjection(
  sql: Queryable,
  lease: Lease,
  end: {
    readonly etag: string | null;
    readonly waitSeconds: number;
    readonly isScanned: boolean;
    readonly result: object;
  },
): Promise<void> {
  await sql`
    select ops.end_alert_projection(
      ${lease.repository}, ${lease.token}, ${end.etag}, ${end.waitSeconds}, ${end.isScanned},
      ${JSON.stringify(end.result)}::text::jsonb
    )`;
}

/** Our right to write issues of a repository. */
export interface Lease {
  readonly repository: string;
  readonly token: number;
}

const Identifier = z.array(z.object({ id: z.coerce.number().nullable() })).length(1);

/** Says which issue shall show these alerts. Null when the lease is gone. */
export async function bindToIssue(
  sql: Queryable,
  lease: Lease,
  binding: {
    readonly kind: string;
    readonly key: string;
    readonly alertIds: readonly number[];
    readonly retire: number | null;
  },
): Promise<number | null> {
  const rows = await sql`
    select ops.bind_alerts(
      ${lease.repository}, ${lease.token}, ${binding.kind}, ${binding.key}, ${textArray(binding.alertIds)}::bigint[],
      ${binding.retire}
    ) as id`;
  return Identifier.parse([...rows])[0]?.id ?? null;
}

/** Writes down what GitHub is about to be asked. False: it must not be. */
export async function attemptIssue(
  sql: Queryable,
  lease: Lease,
  attempt: { readonly id: number; readonly kind: 'create' | 'write' },
): Promise<boolean> {
  const rows =
    await sql`select ops.attempt_alert_issue(${attempt.id}, ${lease.token}, ${attempt.kind}) as yes`;
  return isYes(rows);
}

/** What an issue says now, for the database to remember. */
export interface SettledIssue {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly closed_by_people: boolean;
  readonly content: string;
  readonly severity: string | null;
  readonly told: readonly string[];
  readonly changed_at: string;
  readonly say: string | null;
  readonly say_key: string | null;
}

/** Writes down what came of an attempt. */
export async function settleIssue(
  sql: Queryable,
  lease: Lease,
  settled: {
    readonly id: number;
    readonly outcome: 'done' | 'refused' | 'gone';
    readonly facts?: SettledIssue;
  },
): Promise<boolean> {
  const rows = await sql`
    select ops.settle_alert_issue(
      ${settled.id}, ${lease.token}, ${settled.outcome}, ${JSON.stringify(settled.facts ?? {})}::text::jsonb
    ) as yes`;
  return isYes(rows);
}

/** Writes down that an issue was found by its marker. Null when that changes nothing. */
export async function adoptIssue(
  sql: Queryable,
  lease: Lease,
  issue: {
    readonly kind: string;
    readonly key: string;
    readonly marker: string;
    readonly number: number;
    readonly state: string;
    readonly changedAt: Date;
  },
): Promise<number | null> {
  const rows = await sql`
    select ops.adopt_alert_issue(
      ${lease.repository}, ${lease.token}, ${issue.kind}, ${issue.key}, ${issue.marker}::uuid, ${issue.number}, ${issue.state},
      ${issue.changedAt.toISOString()}::timestamptz
    ) as id`;
  return Identifier.parse([...rows])[0]?.id ?? null;
}

/** A row that never became an issue makes room. */
export async function forgetIssue(sql: Queryable, lease: Lease, id: number): Promise<void> {
  await sql`select ops.forget_alert_issue(${id}, ${lease.token})`;
}

/** A comment is about to be written, was written, or was refused. False: it is not wanted any more. */
export async function settleComment(
  sql: Queryable,
  lease: Lease,
  comment: {
    readonly id: number;
    readonly key: string;
    readonly outcome: 'trying' | 'said' | 'refused';
  },
): Promise<boolean> {
  const rows = await sql`
    select ops.settle_alert_comment(${comment.id}, ${lease.token}, ${comment.key}::uuid, ${comment.outcome}) as yes`;
  return isYes(rows);
}

const Count = z.array(z.object({ count: z.number() })).length(1);

/** A person closed or reopened an issue. Returns how many alerts that answers. */
export async function noteIssueChange(
  sql: Queryable,
  change: {
    readonly repository: string;
    readonly number: number;
    readonly state: 'open' | 'closed';
    readonly actor: string;
    readonly changedAt: Date;
  },
): Promise<number> {
  const { repository, number, actor } = change;
  const at = change.changedAt.toISOString();
  const rows =
    change.state === 'closed'
      ? await sql`select ops.note_issue_closed(${repository}, ${number}, ${actor}, ${at}::timestamptz) as count`
      : await sql`select ops.note_issue_reopened(${repository}, ${number}, ${actor}, ${at}::timestamptz) as count`;
  return Count.parse([...rows])[0]?.count ?? 0;
}
