import { type Alert, isLive, wantsIssue } from './alert.ts';
import type { IssueRow } from './issue-row.ts';

/** More new issues than this in one pass are one: nobody reads three hundred. */
export const STORM = 10;
/** With so few left a storm is over, and what is left is worth an issue each. */
export const AFTERMATH = 5;
/** For so long what is new is held to be part of an open storm. */
const STORM_LASTS_MS = 3_600_000;
/** An issue of a storm comes back when another breaks out within a day. */
const STORM_RETURNS_S = 86_400;

/** The key of the issue that all alerts of a storm share. */
export const STORM_KEY = 'storm';

/** Alerts that shall be shown by the issue of a key. */
export interface Binding {
  readonly kind: IssueRow['kind'];
  readonly key: string;
  readonly alerts: readonly Alert[];
  /** Closed too long ago to come back; a new issue takes its place. */
  readonly retire: number | null;
}

/** The key of the issue an alert has when there is no storm. */
export function unitKeyOf(alert: Pick<Alert, 'key' | 'group'>): string {
  return alert.group === null ? `alert:${alert.key}` : `group:${alert.group}`;
}

/**
 * Decides which issue shall show each alert that has none yet, or that has outlived its storm. What is bound stays bound:
 * an issue people have read never loses its alert to another one.
 *
 * @param now the database's clock
 */
export function bindAlerts(world: {
  readonly alerts: readonly Alert[];
  readonly rows: readonly IssueRow[];
  readonly now: Date;
}): readonly Binding[] {
  const byId = new Map(world.rows.map((row) => [row.id, row]));
  const byKey = new Map(world.rows.filter((row) => !row.isRetired).map((row) => [row.key, row]));
  const boundTo = (alert: Alert): IssueRow | undefined => byId.get(alert.issueId ?? 0);
  const live = world.alerts.filter(isLive);
  const storm = byKey.get(STORM_KEY);
  const inStorm = live.filter((alert) => storm !== undefined && boundTo(alert)?.id === storm.id);
  const isOver = inStorm.length <= AFTERMATH;
  const isRaging = storm !== undefined && isYoung(storm, world.now) && !isOver;

  const homeless = live.filter((alert) => {
    const row = boundTo(alert);
    if (row === undefined || row.isRetired) return true;
    // One that may have been opened without our knowing is waited for.
    if (row.key === STORM_KEY) return isOver && row.attempt === null && wantsIssue(alert);
    return isTooOld(row, alert.reopenWithinS, world.now) && wantsIssue(alert);
  });

  const joining: Binding[] = [];
  const opening: Binding[] = [];
  for (const [key, alerts] of groupByKey(homeless)) {
    const row = byKey.get(key);
    const kind = key.startsWith('group:') ? 'group' : 'alert';
    const isOld = row !== undefined && alerts.every((alert) => isTooOld(row, alert.reopenWithinS, world.now));
    if (row !== undefined && !isOld) joining.push({ kind, key, alerts, retire: null });
    else if (alerts.some(wantsIssue)) opening.push({ kind, key, alerts, retire: row?.id ?? null });
  }
  const fresh = opening.filter(({ alerts }) => alerts.some((alert) => boundTo(alert)?.key !== STORM_KEY));
  if (fresh.length > STORM || (isRaging && fresh.length > 0)) {
    const isOld = storm !== undefined && isTooOld(storm, STORM_RETURNS_S, world.now);
    const alerts = opening.flatMap((binding) => binding.alerts);
    return [...joining, { kind: 'storm', key: STORM_KEY, alerts, retire: isOld ? storm.id : null }];
  }
  return [...joining, ...opening];
}

function groupByKey(alerts: readonly Alert[]): Map<string, Alert[]> {
  return Map.groupBy(alerts, unitKeyOf);
}

/** Closed by us for longer than the issue may come back; what a person closed is theirs to reopen, or the alert's. */
function isTooOld(row: IssueRow, windowS: number, now: Date): boolean {
  // One whose last write has no answer may be open.
  if (row.state !== 'closed' || row.closedByPeople || row.attempt !== null || row.closedAt === null)
    return false;
  return now.getTime() - row.closedAt.getTime() > windowS * 1000;
}

function isYoung({ state, openedAt }: IssueRow, now: Date): boolean {
  return state === 'open' && openedAt !== null && now.getTime() - openedAt.getTime() < STORM_LASTS_MS;
}
