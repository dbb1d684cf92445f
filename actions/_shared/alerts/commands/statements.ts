import * as z from 'zod';
import type { Queryable, Transaction } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';
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

const Yes = z.array(z.object({ yes: z.boolean() })).length(1);
const yes = (rows: Iterable<unknown>): boolean => Yes.parse([...rows])[0]?.yes ?? false;

/** Somebody has the alert. */
export async function acknowledge(tx: Queryable, alert: Answer): Promise<boolean> {
  return yes(await tx`select ops.acknowledge_alert(${alert.id}, ${alert.actor}, ${alert.note}) as yes`);
}

/** Takes an acknowledgement or a snooze back. */
export async function wake(tx: Queryable, alert: Answer): Promise<boolean> {
  return yes(await tx`select ops.wake_alert(${alert.id}, ${alert.actor}, ${alert.note}) as yes`);
}

/** Puts the alert off. */
export async function snooze(tx: Queryable, alert: Answer & { readonly until: Date }): Promise<boolean> {
  return yes(
    await tx`select ops.snooze_alert(${alert.id}, ${alert.until.toISOString()}::timestamptz, ${alert.actor}, ${alert.note}) as yes`,
  );
}

/** Ends the alert. */
export async function resolve(tx: Queryable, alert: Answer): Promise<boolean> {
  return yes(await tx`select ops.resolve_alert_by_id(${alert.id}, ${alert.actor}, ${alert.note}) as yes`);
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
  return yes(await tx`select ops.end_silence(${id}, ${actor}) as yes`);
}

const Template = z.object({ slug: z.string(), yaml: z.string() });

/** The runbooks there are. */
export async function listRunbooks(sql: Queryable): Promise<z.infer<typeof Template>[]> {
  const rows =
    await sql`select slug, template_yaml as yaml from ops.run_templates where kind = 'runbook' order by slug limit 1000`;
  return z.array(Template).parse([...rows]);
}

const StartedRun = z.array(z.object({ id: z.string(), approvalRequired: z.boolean() })).length(1);

/** Starts a run of a runbook. */
export async function startRun(
  tx: Queryable,
  run: {
    readonly runbook: string;
    readonly environment: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly actor: string;
  },
): Promise<{ readonly id: string; readonly approvalRequired: boolean }> {
  const rows = await tx`
    select r.id, r.approval_required as "approvalRequired"
    from ops.create_run(
      p_template => ${run.runbook}, p_env => ${run.environment}, p_inputs => ${JSON.stringify(run.inputs)}::text::jsonb,
      p_source => 'comment', p_actor => ${`github:${run.actor}`}
    ) r`;
  const [started] = StartedRun.parse([...rows]);
  if (started === undefined) throw new Error('ops.create_run told nothing');
  return started;
}

/** A command and who gave it. */
export interface GivenCommand {
  readonly repository: string;
  readonly commentId: number;
  readonly issue: number;
  readonly actor: string;
  readonly actorId: number;
  readonly permission: string;
  readonly command: string;
  readonly rest: string;
}

/** Takes a command to carry it out in this transaction; false when that was done before. */
export async function takeCommand(tx: Transaction, given: GivenCommand): Promise<boolean> {
  return yes(
    await tx`
      select ops.take_issue_command(
        ${given.repository}, ${given.commentId}, ${given.issue}, ${given.actor}, ${given.actorId}, ${given.permission},
        ${given.command}, ${given.rest}
      ) as yes`,
  );
}

/** How a command ended. */
export interface CommandResult {
  readonly outcome: 'done' | 'nothing' | 'refused';
  /** Markdown. */
  readonly answer: string;
  readonly alerts: readonly number[];
}

/** What came of a command. */
export async function settleCommand(
  tx: Transaction,
  given: Pick<GivenCommand, 'repository' | 'commentId'>,
  { outcome, answer, alerts }: CommandResult,
): Promise<void> {
  await tx`
    select ops.settle_issue_command(${given.repository}, ${given.commentId}, ${outcome}, ${answer}, ${textArray(alerts.map(String))}::bigint[])`;
}

const OpenAnswer = z.object({
  commentId: z.coerce.number(),
  issue: z.number(),
  actor: z.string(),
  outcome: z.enum(['done', 'nothing', 'refused']),
  answer: z.string(),
  takenAt: z.date(),
});
/** A command that was carried out and not answered yet. */
export type OpenAnswer = z.infer<typeof OpenAnswer>;

/** Claims what is to be answered. */
export async function claimAnswers(sql: Queryable, repository: string): Promise<OpenAnswer[]> {
  const rows = await sql`
    select comment_id as "commentId", issue_number as issue, actor, outcome, answer, taken_at as "takenAt"
    from ops.claim_issue_answers(${repository})`;
  return z.array(OpenAnswer).parse([...rows]);
}

/** The answer stands. */
export async function noteAnswered(sql: Queryable, repository: string, commentId: number): Promise<void> {
  await sql`select ops.note_issue_answered(${repository}, ${commentId})`;
}

/** Whether a command still waits for its answer; after a day nobody does, as ops.claim_issue_answers has it. */
export async function isAnswerDue(sql: Queryable, repository: string, commentId: number): Promise<boolean> {
  return yes(
    await sql`
      select exists (
        select from ops.issue_commands c
        where c.repository = ${repository} and c.comment_id = ${commentId} and c.answered_at is null
          and c.taken_at > clock_timestamp() - interval '1 day'
      ) as yes`,
  );
}

const Count = z.array(z.object({ count: z.number() })).length(1);

/** A person closed or reopened an issue of ours. Returns how many alerts that answered. */
export async function noteIssueMoved(
  sql: Queryable,
  moved: {
    readonly kind: 'closed' | 'reopened';
    readonly repository: string;
    readonly issue: number;
    readonly actor: string;
    readonly at: string;
  },
): Promise<number> {
  const rows =
    moved.kind === 'closed'
      ? await sql`select ops.note_issue_closed(${moved.repository}, ${moved.issue}, ${moved.actor}, ${moved.at}::timestamptz) as count`
      : await sql`select ops.note_issue_reopened(${moved.repository}, ${moved.issue}, ${moved.actor}, ${moved.at}::timestamptz) as count`;
  return Count.parse([...rows])[0]?.count ?? 0;
}
