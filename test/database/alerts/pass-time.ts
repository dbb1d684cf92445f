import type { Sql } from 'postgres';

/** Lets time pass for everything alerts remember, as the database sees it. */
export async function passTime(sql: Sql, interval: string): Promise<void> {
  await sql`
    update ops.alerts
    set first_seen_at = first_seen_at - ${interval}::interval, last_seen_at = last_seen_at - ${interval}::interval,
        resolved_at = resolved_at - ${interval}::interval, recovering_since = recovering_since - ${interval}::interval,
        unknown_since = unknown_since - ${interval}::interval, evidence_at = evidence_at - ${interval}::interval,
        snoozed_until = snoozed_until - ${interval}::interval, acknowledged_at = acknowledged_at - ${interval}::interval`;
  await sql`
    update ops.alert_issues
    set written_at = written_at - ${interval}::interval, opened_at = opened_at - ${interval}::interval,
        closed_at = closed_at - ${interval}::interval, attempted_at = attempted_at - ${interval}::interval,
        said_at = said_at - ${interval}::interval`;
  await sql`
    update ops.alert_projections
    set lease_until = lease_until - ${interval}::interval, not_before = not_before - ${interval}::interval,
        finished_at = finished_at - ${interval}::interval`;
  await sql`update ops.silences set created_at = created_at - ${interval}::interval, until = until - ${interval}::interval`;
  await sql`
    update ops.watchers
    set created_at = created_at - ${interval}::interval, last_seen_at = last_seen_at - ${interval}::interval,
        observed_at = observed_at - ${interval}::interval, projected_at = projected_at - ${interval}::interval`;
}
