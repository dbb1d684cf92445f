import * as z from 'zod';
import type { Queryable } from '../database/connect.ts';
import { textArray } from '../database/text-array.ts';
import { Alert } from './alert.ts';
import { IssueRow } from './issue-row.ts';

/** More alerts than this are not looked at in one run; what is left comes with the next. */
const MOST_ALERTS = 1500;

/** Alerts that are not over, the worst first, and those whose issue has not been told that they are. */
export async function readAlerts(sql: Queryable, repository: string): Promise<Alert[]> {
  const rows = await sql`
    select a.id, a.dedupe_key as key, a.kind, a.check_name as check, a.object, a.group_key as group, a.severity, a.status,
           a.condition, a.title, a.message, a.details, a.count, a.first_seen_at as "firstSeenAt",
           a.last_seen_at as "lastSeenAt", a.unknown_since as "unknownSince", a.acknowledged_by as "acknowledgedBy",
           a.snoozed_until as "snoozedUntil", a.snoozed_by as "snoozedBy", s.until as "silencedUntil",
           s.created_by as "silencedBy", a.resolved_at as "resolvedAt", a.resolved_by as "resolvedBy", a.note,
           a.muted_by as "mutedBy", coalesce((a.policy ->> 'reopen_within_s')::double precision, 86400) as "reopenWithinS",
           a.issue_id as "issueId", a.issue_number as "issueNumber"
    from ops.alerts a
    left join ops.silences s on s.id = a.silence_id
    left join ops.alert_issues i on i.id = a.issue_id
    where a.resolved_at is null and a.status <> 'pending'
       or a.resolved_at is not null and i.repository = ${repository} and i.retired_at is null
          and (i.state = 'open' or i.closed_by_people or i.say is not null)
          and a.resolved_at >= coalesce(i.opened_at, i.attempted_at, a.resolved_at)
    order by a.resolved_at desc nulls first, ops.severity_rank(a.severity) desc, a.id
    limit ${MOST_ALERTS}`;
  return z.array(Alert).parse([...rows]);
}

const Clock = z.array(z.object({ now: z.date() })).length(1);

/** The database's clock: the one all moments of alerts come from. */
export async function readClock(sql: Queryable): Promise<Date> {
  const rows = await sql`select clock_timestamp() as now`;
  return Clock.parse([...rows])[0]?.now ?? new Date(Number.NaN);
}

/** Issues of a repository that may have to change, and those with one of these markers or numbers. */
export async function readIssueRows(
  sql: Queryable,
  repository: string,
  listed: { readonly markers: readonly string[]; readonly numbers: readonly number[] },
): Promise<IssueRow[]> {
  const rows = await sql`
    select i.id, i.kind, i.key, i.marker::text as marker, i.number, i.state, i.closed_by_people as "closedByPeople", i.content,
           i.severity, coalesce(to_json(i.told), '[]') as told, i.written_at as "writtenAt", i.changed_at as "changedAt",
           i.opened_at as "openedAt", i.closed_at as "closedAt", i.retired_at is not null as "isRetired", i.attempt,
           coalesce(i.attempted_at > clock_timestamp() - interval '10 minutes', false) as "isAttemptFresh", i.say,
           i.say_key::text as "sayKey", i.said_at as "saidAt",
           coalesce(i.said_at > clock_timestamp() - interval '10 minutes', false) as "isSayFresh"
    from ops.alert_issues i
    where i.repository = ${repository}
      and (
        i.marker::text = any (${textArray(listed.markers)}::text[]) or i.number = any (${textArray(listed.numbers)}::integer[])
        or i.retired_at is null
          and (
            i.state <> 'closed' or i.closed_by_people or i.attempt is not null or i.say is not null or i.key = 'storm'
            or exists (
              select from ops.alerts a
              where a.resolved_at is null
                and (a.issue_id = i.id or i.key = case when a.group_key is null then 'alert:' || a.dedupe_key else 'group:' || a.group_key end)
            )
          )
      )
    order by i.id`;
  return z.array(IssueRow).parse([...rows]);
}

/** Wakes, silences and mutes whatever time has changed. */
export async function judgeAlerts(sql: Queryable): Promise<void> {
  await sql`select ops.judge_alerts()`;
}

const JobRuns = z.object({
  job: z.string(),
  status: z.string(),
  scheduledFor: z.date(),
  durationMs: z.coerce.number().nullable(),
  errorCode: z.string().nullable(),
});
export type JobRun = z.infer<typeof JobRuns>;

/** The newest runs of each of these jobs, oldest first; of names that are no jobs, none. */
export async function readJobRuns(sql: Queryable, jobs: readonly string[]): Promise<JobRun[]> {
  if (jobs.length === 0) return [];
  const rows = await sql`
    select j.job, r.status, r.scheduled_for as "scheduledFor", r.error_code as "errorCode",
           extract(epoch from r.finished_at - coalesce(r.fired_at, r.created_at)) * 1000 as "durationMs"
    from unnest(${textArray(jobs)}::text[]) as j (job)
    cross join lateral (
      select c.* from ops.cron_runs c where c.job = j.job order by c.id desc limit 30
    ) r
    order by j.job, r.id`;
  return z.array(JobRuns).parse([...rows]);
}
