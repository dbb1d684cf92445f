import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';
import { isYes } from '../../database/yes.ts';
import { Severity } from '../alert.ts';
import type { Matcher } from '../matcher.ts';

/** What commands need to know of an alert. */
export const AnsweredAlert = z.object({
  id: z.coerce.number(),
  key: z.string(),
  title: z.string(),
  severity: Severity,
  status: z.enum(['pending', 'active', 'acknowledged', 'snoozed', 'silenced', 'resolved']),
  condition: z.enum(['firing', 'recovering', 'unknown']),
  count: z.number(),
  firstSeenAt: z.date(),
  lastSeenAt: z.date(),
  resolvedAt: z.date().nullable(),
  acknowledgedBy: z.string().nullable(),
  snoozedUntil: z.date().nullable(),
  silenceId: z.coerce.number().nullable(),
  mutedBy: z.coerce.number().nullable(),
  note: z.string().nullable(),
});
export type AnsweredAlert = z.infer<typeof AnsweredAlert>;

/** The alerts an issue shows, those that are not over first. */
export async function alertsOfIssue(
  sql: Queryable,
  issue: { readonly repository: string; readonly number: number },
): Promise<AnsweredAlert[]> {
  const rows = await sql`
    select a.id, a.dedupe_key as key, a.title, a.severity, a.status, a.condition, a.count, a.first_seen_at as "firstSeenAt",
           a.last_seen_at as "lastSeenAt", a.resolved_at as "resolvedAt", a.acknowledged_by as "acknowledgedBy",
           a.snoozed_until as "snoozedUntil", a.silence_id as "silenceId", a.muted_by as "mutedBy", a.note
    from ops.alert_of_issue(${issue.repository}, ${issue.number}) a`;
  return z.array(AnsweredAlert).parse([...rows]);
}

/** Alerts, the worst first. */
export async function listAlerts(
  sql: Queryable,
  which: { readonly over: boolean; readonly id?: number; readonly limit?: number },
): Promise<AnsweredAlert[]> {
  const rows = await sql`
    select a.id, a.dedupe_key as key, a.title, a.severity, a.status, a.condition, a.count, a.first_seen_at as "firstSeenAt",
           a.last_seen_at as "lastSeenAt", a.resolved_at as "resolvedAt", a.acknowledged_by as "acknowledgedBy",
           a.snoozed_until as "snoozedUntil", a.silence_id as "silenceId", a.muted_by as "mutedBy", a.note
    from ops.alerts a
    where (${which.over} or a.resolved_at is null) and a.id = coalesce(${which.id ?? null}, a.id)
    order by a.resolved_at desc nulls first, ops.severity_rank(a.severity) desc, a.id
    limit ${which.limit ?? 500}`;
  return z.array(AnsweredAlert).parse([...rows]);
}

const Event = z.object({
  at: z.date(),
  event: z.string(),
  severity: z.string(),
  actor: z.string().nullable(),
  note: z.string().nullable(),
});
/** Something that happened to an alert. */
export type AlertEvent = z.infer<typeof Event>;

/** The last things that happened to an alert, oldest first. */
export async function lastEvents(sql: Queryable, alertId: number, limit = 12): Promise<AlertEvent[]> {
  const rows = await sql`
    select at, event, severity, actor, note
    from (select e.id, e.at, e.event, e.severity, e.actor, e.note from ops.alert_events e where e.alert_id = ${alertId} order by e.id desc limit ${limit}) x
    order by id`;
  return z.array(Event).parse([...rows]);
}

/** Somebody has the alert. */
export async function acknowledge(tx: Queryable, alert: Answer): Promise<boolean> {
  return isYes(await tx`select ops.acknowledge_alert(${alert.id}, ${alert.actor}, ${alert.note}) as yes`);
}

/** Takes an acknowledgement or a snooze back. */
export async function wake(tx: Queryable, alert: Answer): Promise<boolean> {
  return isYes(await tx`select ops.wake_alert(${alert.id}, ${alert.actor}, ${alert.note}) as yes`);
}

/** Puts the alert off. */
export async function snooze(tx: Queryable, alert: Answer & { readonly until: Date }): Promise<boolean> {
  return isYes(
    await tx`select ops.snooze_alert(${alert.id}, ${alert.until.toISOString()}::timestamptz, ${alert.actor}, ${alert.note}) as yes`,
  );
}

/** Ends the alert. */
export async function resolve(tx: Queryable, alert: Answer): Promise<boolean> {
  return isYes(await tx`select ops.resolve_alert_by_id(${alert.id}, ${alert.actor}, ${alert.note}) as yes`);
}

/** What somebody says to an alert. */
export interface Answer {
  readonly id: number;
  readonly actor: string;
  readonly note: string | null;
}

const Identifier = z.array(z.object({ id: z.coerce.number() })).length(1);

/** Makes a silence. */
export async function createSilence(
  tx: Queryable,
  silence: {
    readonly matcher: Matcher;
    readonly until: Date;
    readonly actor: string;
    readonly reason: string;
  },
): Promise<number> {
  const rows = await tx`
    select ops.create_silence(
      ${JSON.stringify(silence.matcher)}::text::jsonb, ${silence.until.toISOString()}::timestamptz, ${silence.actor}, ${silence.reason}
    ) as id`;
  return Identifier.parse([...rows])[0]?.id ?? 0;
}

/** Ends a silence; false when it is over. */
export async function endSilence(tx: Queryable, id: number, actor: string): Promise<boolean> {
  return isYes(await tx`select ops.end_silence(${id}, ${actor}) as yes`);
}
