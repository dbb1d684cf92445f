import { type Alert, isLive, type Severity } from './alert.ts';
import { decideUnit, type Unit, type UnitDecision } from './decide-unit.ts';
import type { IssueRow } from './issue-row.ts';
import { STORM_KEY } from './issue-units.ts';

/** One issue to change. */
export interface Step {
  readonly unit: Unit;
  readonly decision: Exclude<UnitDecision, { readonly kind: 'none' | 'wait' }>;
}

/** What a run does, the most urgent first. */
export interface Projection {
  readonly steps: readonly Step[];
  /** Issues that wait for an answer of before, or for the next run because this one would write too much. */
  readonly left: number;
}

/** GitHub lets us create 80 things a minute; a run that writes more than this leaves the rest to the next. */
export const MOST_WRITES = 30;
/** While hundreds of alerts come at once, GitHub is spared too. */
export const MOST_WRITES_IN_A_STORM = 12;
const MOST_REFRESHES = 3;

/** Every issue with the alerts it shows: one alert a key, the one that lives or else the last that did. */
export function unitsOf(world: {
  readonly alerts: readonly Alert[];
  readonly rows: readonly IssueRow[];
}): readonly Unit[] {
  const byIssue = Map.groupBy(world.alerts, ({ issueId }) => issueId);
  const muted = Map.groupBy(
    world.alerts.filter((alert) => isLive(alert) && alert.mutedBy !== null),
    ({ mutedBy }) => mutedBy,
  );
  return world.rows
    .filter((row) => !row.isRetired)
    .map((row) => {
      const members = latestOfEachKey(byIssue.get(row.id) ?? []);
      return {
        row,
        members,
        muted: members.flatMap((alert) => (isLive(alert) ? (muted.get(alert.id) ?? []) : [])),
      };
    });
}

/** Alerts come with those that live first, then the last that were over. */
function latestOfEachKey(alerts: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts) if (!latest.has(alert.key)) latest.set(alert.key, alert);
  return [...latest.values()];
}

/**
 * Decides what a run does with all issues.
 *
 * @param now the database's clock
 */
export function decideProjection(units: readonly Unit[], now: Date): Projection {
  const decided = units.map((unit) => ({ unit, decision: decideUnit(unit, now) }));
  const opens = decided.some(({ decision }) => decision.kind === 'create' || decision.kind === 'wait');
  const wanted = decided
    // What is left of a storm has its own issues before the storm's closes.
    .filter(({ unit, decision }) => !(opens && unit.row.key === STORM_KEY && isEnd(decision)))
    .filter((step): step is Step => step.decision.kind !== 'none' && step.decision.kind !== 'wait')
    .sort((a, b) => urgency(a) - urgency(b) || a.unit.row.id - b.unit.row.id);
  const isStorm = units.some(
    ({ row, members }) => row.key === STORM_KEY && row.state !== 'closed' && members.some(isLive),
  );
  let room = isStorm ? MOST_WRITES_IN_A_STORM : MOST_WRITES;
  let refreshes = MOST_REFRESHES;
  const steps = wanted.filter(({ decision }) => {
    if (decision.kind === 'write' && decision.why === 'refresh' && --refreshes < 0) return false;
    room -= writesOf(decision);
    return room >= 0;
  });
  const waiting = decided.length - decided.filter(({ decision }) => decision.kind !== 'wait').length;
  return { steps, left: wanted.length - steps.length + waiting };
}

function isEnd(decision: UnitDecision): boolean {
  return decision.kind === 'write' && decision.told.state === 'closed';
}

function writesOf(decision: Step['decision']): number {
  switch (decision.kind) {
    case 'forget':
      return 0;
    case 'create':
    case 'comment':
      return 1;
    case 'write':
      return decision.told.say === null ? 1 : 2;
  }
}

const SEVERITY_ORDER: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };
const WRITE_ORDER = { reopened: 10, news: 20, resolved: 40, changed: 50, refresh: 60 } as const;

function urgency({ decision }: Step): number {
  switch (decision.kind) {
    case 'forget':
      return -1;
    case 'create':
      return SEVERITY_ORDER[decision.told.severity ?? 'info'];
    case 'comment':
      return 30;
    case 'write':
      return WRITE_ORDER[decision.why] + SEVERITY_ORDER[decision.told.severity ?? 'info'];
  }
}
