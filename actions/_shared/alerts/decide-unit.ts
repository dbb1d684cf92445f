import { type Alert, isLive, isLoud, isWorse, type Severity, wantsIssue, worstOf } from './alert.ts';
import { contentOf } from './issue-content.ts';
import type { IssueRow, Say } from './issue-row.ts';

/** An issue and the alerts it shows. */
export interface Unit {
  readonly row: IssueRow;
  /** Live ones, and those resolved since it was opened. */
  readonly members: readonly Alert[];
  /** Alerts that say nothing for themselves because a member of this unit explains them. */
  readonly muted: readonly Alert[];
}

/** What an issue shall say once a decision is carried out. */
export interface Told {
  readonly state: 'open' | 'closed';
  /** Closed because a person wants it so. */
  readonly closedByPeople: boolean;
  readonly content: string;
  readonly severity: Severity | null;
  readonly told: readonly string[];
  readonly say: Say | null;
}

/** What to do about one issue, decided from values alone. */
export type UnitDecision =
  | { readonly kind: 'none' }
  /** A create without an answer may have happened: a list that can be trusted decides. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'create'; readonly told: Told }
  | { readonly kind: 'write'; readonly why: WriteReason; readonly told: Told }
  /** Only the comment of an earlier write is missing. */
  | { readonly kind: 'comment'; readonly say: Say; readonly key: string; readonly look: boolean }
  /** It never became an issue, and need not any more. */
  | { readonly kind: 'forget' };

/** Why an issue is written, the most urgent first. */
export type WriteReason = 'reopened' | 'news' | 'resolved' | 'changed' | 'refresh';

/** Evidence that is older than this is written anew, when there is new. */
const REFRESH_MS = 3_600_000;
/** Readers are told of at most so many by name; a storm has more. */
const MOST_TOLD = 1000;

/**
 * Decides what happens to one issue.
 *
 * @param now the database's clock
 */
export function decideUnit({ row, members, muted }: Unit, now: Date): UnitDecision {
  const live = members.filter(isLive);
  if (row.number === null) {
    if (row.attempt === 'create' && row.isAttemptFresh) return { kind: 'wait' };
    if (live.some(wantsIssue))
      return { kind: 'create', told: { ...openly({ row, members, muted }), say: null } };
    return { kind: live.length === 0 ? 'forget' : 'none' };
  }
  const unit = { row, members, muted };
  const decision = live.length === 0 ? decideEnded(unit) : decideLive(unit, now);
  if (decision.kind !== 'none') return decision;
  return row.attempt === null ? pendingComment(row) : onceMore(unit);
}

/** Of a write without an answer nobody knows whether the issue is open: it is written again, as it should be. */
function onceMore(unit: Unit): UnitDecision {
  const { row } = unit;
  const told = openly(unit);
  if (row.state !== 'closed') return { kind: 'write', why: 'changed', told: { ...told, say: row.say } };
  const { closedByPeople } = row;
  return {
    kind: 'write',
    why: 'changed',
    told: { ...told, state: 'closed', closedByPeople, told: [], say: row.say },
  };
}

function decideEnded(unit: Unit): UnitDecision {
  const { row } = unit;
  if (row.state === 'closed' && !row.closedByPeople) return { kind: 'none' };
  const told: Told = {
    state: 'closed',
    closedByPeople: false,
    content: contentOf(unit),
    severity: row.severity,
    told: [],
    say: 'resolved',
  };
  return { kind: 'write', why: 'resolved', told };
}

function decideLive(unit: Unit, now: Date): UnitDecision {
  const { row, members } = unit;
  const live = members.filter(isLive);
  const told = openly(unit);
  if (row.state === 'closed') {
    const comesBack = row.closedByPeople ? live.some(isLoud) : live.some(wantsIssue);
    if (!comesBack) return { kind: 'none' };
    const say = row.closedByPeople && isWorseNow(unit) ? 'worsened' : 'reopened';
    return { kind: 'write', why: 'reopened', told: { ...told, say } };
  }
  const news = newsOf(unit, told);
  if (news !== null) return { kind: 'write', why: 'news', told: { ...told, say: news } };
  if (told.content !== row.content) return { kind: 'write', why: 'changed', told: { ...told, say: row.say } };
  if (isStale(unit, now)) return { kind: 'write', why: 'refresh', told: { ...told, say: row.say } };
  return { kind: 'none' };
}

/** What readers have to be told besides the new text, which notifies nobody. */
function newsOf(unit: Unit, told: Pick<Told, 'told'>): Say | null {
  const { row } = unit;
  if (isWorseNow(unit)) return 'worsened';
  const known = new Set(row.told);
  // Beyond the names that are kept nobody can be told apart.
  const fresh = row.told.length >= MOST_TOLD ? [] : told.told.filter((key) => !known.has(key));
  if (fresh.length === 0) return null;
  return row.kind === 'alert' ? 'woken' : 'joined';
}

/** What is worse but silenced, answered or explained by something else is no news. */
function isWorseNow({ row, members }: Unit): boolean {
  const worst = worstOf(members.filter((alert) => isLive(alert) && isLoud(alert)));
  return worst !== null && isWorse(worst, row.severity);
}

function isStale({ row, members }: Unit, now: Date): boolean {
  if (row.writtenAt === null) return true;
  const written = row.writtenAt.getTime();
  return (
    now.getTime() - written > REFRESH_MS &&
    members.some((alert) => isLive(alert) && alert.lastSeenAt.getTime() > written)
  );
}

function openly(unit: Unit): Omit<Told, 'say'> {
  const live = unit.members.filter(isLive);
  const loud = live.filter(isLoud).map(({ key }) => key);
  return {
    state: 'open',
    closedByPeople: false,
    content: contentOf(unit),
    severity: worstOf(live),
    told: loud.sort().slice(0, MOST_TOLD),
  };
}

function pendingComment({ say, sayKey, saidAt, isSayFresh }: IssueRow): UnitDecision {
  if (say === null || sayKey === null) return { kind: 'none' };
  // Tried a moment ago without an answer: a list of comments may not show it yet.
  if (saidAt !== null && isSayFresh) return { kind: 'none' };
  return { kind: 'comment', say, key: sayKey, look: saidAt !== null };
}
