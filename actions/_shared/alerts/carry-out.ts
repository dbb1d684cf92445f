import { randomUUID } from 'node:crypto';
import type { Sql } from '../database/connect.ts';
import type { GitHubClient } from '../github/client.ts';
import { renderAlertComment } from '../report/alert-comment.ts';
import type { Step } from './decide-projection.ts';
import type { Told, Unit } from './decide-unit.ts';
import {
  type AlertIssue,
  addAlertComment,
  hasComment,
  type IssueText,
  openAlertIssue,
  readAlertIssue,
  writeAlertIssue,
} from './github-issues.ts';
import { type GitHubTrouble, troubleOf } from './github-trouble.ts';
import { sayMarker } from './issue-marker.ts';
import {
  attemptIssue,
  forgetIssue,
  type Lease,
  noteIssueChange,
  type SettledIssue,
  settleComment,
  settleIssue,
} from './issue-statements.ts';
import { bodyOf, labelsOf, mergeLabels, newIssueText, sameLabels, type Voice } from './issue-text.ts';

/** What writes issues, and in whose name. */
export interface Hand {
  readonly sql: Sql;
  readonly client: GitHubClient;
  readonly lease: Lease;
  /** Our own login. */
  readonly author: string;
  readonly voice: Voice;
  /** Logins GitHub did not let us assign; they are mentioned, and not tried again in this run. */
  readonly unassignable: Set<string>;
}

/** What came of a step. */
export type StepResult =
  | {
      readonly kind: 'created' | 'updated' | 'reopened' | 'closed' | 'commented' | 'forgotten';
      readonly number: number | null;
    }
  /** A person had closed the issue meanwhile: that is an answer. */
  | { readonly kind: 'answered'; readonly number: number }
  /** Somebody else writes now, or an answer is still awaited. */
  | { readonly kind: 'fenced' }
  | { readonly kind: 'trouble'; readonly trouble: GitHubTrouble; readonly number: number | null };

/** Carries out one step: the database knows of every write before GitHub is asked, and of its answer before anything relies on it. */
export async function carryOut(hand: Hand, { unit, decision }: Step): Promise<StepResult> {
  switch (decision.kind) {
    case 'forget':
      await forgetIssue(hand.sql, hand.lease, unit.row.id);
      return { kind: 'forgotten', number: null };
    case 'create':
      return create(hand, unit, decision.told);
    case 'write':
      return write(hand, unit, decision.told);
    case 'comment':
      return comment(hand, unit, decision);
  }
}

async function create(hand: Hand, unit: Unit, told: Told): Promise<StepResult> {
  const { sql, lease } = hand;
  const { id } = unit.row;
  if (!(await attemptIssue(sql, lease, { id, kind: 'create' }))) return { kind: 'fenced' };
  const opened = await tried(() => open(hand, newIssueText(unit, hand.voice)));
  if (opened.trouble !== null) {
    // Without an answer the attempt stays on record: the issue may be there.
    if (opened.trouble.kind !== 'unanswered') await settleIssue(sql, lease, { id, outcome: 'refused' });
    return { kind: 'trouble', trouble: opened.trouble, number: null };
  }
  await settleIssue(sql, lease, { id, outcome: 'done', facts: factsOf(opened.value, told, null) });
  return { kind: 'created', number: opened.value.number };
}

/** Opens an issue; an owner who cannot be assigned here is mentioned in the text all the same. */
async function open({ client, unassignable }: Hand, text: IssueText): Promise<AlertIssue> {
  const assignees = text.assignees.filter((login) => !unassignable.has(login));
  try {
    return await openAlertIssue(client, { ...text, assignees });
  } catch (error) {
    const trouble = troubleOf(error, new Date());
    if (trouble.kind !== 'refused' || !trouble.fields.includes('assignees')) throw error;
    for (const login of assignees) unassignable.add(login);
    return openAlertIssue(client, { ...text, assignees: [] });
  }
}

async function write(hand: Hand, unit: Unit, told: Told): Promise<StepResult> {
  const { sql, lease, client, voice } = hand;
  const { row } = unit;
  const { id } = row;
  const number = row.number ?? 0;
  if (!(await attemptIssue(sql, lease, { id, kind: 'write' }))) return { kind: 'fenced' };

  // Read at the last moment, so that what people write meanwhile is not undone.
  const current = await tried(() => readAlertIssue(client, number));
  if (current.trouble !== null) return failed(hand, { id, number, trouble: current.trouble });
  if (told.state === 'open' && wasClosedByPerson(hand, unit, current.value)) {
    await settleIssue(sql, lease, { id, outcome: 'refused' });
    await answer(hand, current.value);
    return { kind: 'answered', number };
  }

  const wanted = mergeLabels(current.value.labels, labelsOf(unit, voice.environment));
  const written = await tried(() =>
    writeAlertIssue(client, {
      number,
      body: bodyOf(unit, voice, current.value.body),
      ...(sameLabels(wanted, current.value.labels) ? {} : { labels: wanted }),
      ...(current.value.state === told.state
        ? {}
        : { state: told.state, reason: told.state === 'open' ? 'reopened' : 'completed' }),
    }),
  );
  if (written.trouble !== null) return failed(hand, { id, number, trouble: written.trouble });

  // The comment of an earlier write, still unsaid, keeps its key.
  const key =
    told.say === null ? null : told.say === row.say && row.sayKey !== null ? row.sayKey : randomUUID();
  await settleIssue(sql, lease, { id, outcome: 'done', facts: factsOf(written.value, told, key) });
  if (told.say !== null && key !== null) {
    const isRetry = key === row.sayKey && row.saidAt !== null;
    const said = await comment(hand, unit, { say: told.say, key, look: isRetry });
    if (said.kind === 'trouble') return said;
  }
  return { kind: resultOf(row.state, told.state), number };
}

function wasClosedByPerson({ author }: Hand, { row }: Unit, current: AlertIssue): boolean {
  if (row.state !== 'open' || current.state !== 'closed') return false;
  // A write of ours without an answer may have done it.
  return row.attempt === null && current.closedBy !== author;
}

async function failed(
  { sql, lease }: Hand,
  { id, number, trouble }: { readonly id: number; readonly number: number; readonly trouble: GitHubTrouble },
): Promise<StepResult> {
  if (trouble.kind === 'gone') await settleIssue(sql, lease, { id, outcome: 'gone' });
  else if (trouble.kind !== 'unanswered') await settleIssue(sql, lease, { id, outcome: 'refused' });
  return { kind: 'trouble', trouble, number };
}

/** Notes that a person closed or reopened an issue. */
export async function answer(
  { sql, lease }: Pick<Hand, 'sql' | 'lease'>,
  issue: AlertIssue,
): Promise<number> {
  return noteIssueChange(sql, {
    repository: lease.repository,
    number: issue.number,
    state: issue.state,
    actor: issue.closedBy ?? 'somebody on GitHub',
    changedAt: issue.updatedAt,
  });
}

async function comment(
  { sql, lease, client, voice }: Hand,
  unit: Unit,
  {
    say,
    key,
    look,
  }: { readonly say: NonNullable<Told['say']>; readonly key: string; readonly look: boolean },
): Promise<StepResult> {
  const { row } = unit;
  const number = row.number ?? 0;
  const settle = (outcome: 'trying' | 'said' | 'refused') =>
    settleComment(sql, lease, { id: row.id, key, outcome });
  if (look) {
    const since = new Date((row.saidAt?.getTime() ?? 0) - 60_000);
    const found = await tried(() => hasComment(client, { number, since, text: sayMarker(key) }));
    if (found.trouble !== null) return { kind: 'trouble', trouble: found.trouble, number };
    if (found.value) {
      await settle('said');
      return { kind: 'commented', number };
    }
  }
  if (!(await settle('trying'))) return { kind: 'fenced' };
  const body = voice.redact(renderAlertComment(unit, { say, key, runUrl: voice.runUrl }));
  const added = await tried(() => addAlertComment(client, { number, body }));
  if (added.trouble !== null) {
    const { kind } = added.trouble;
    // What GitHub does not like now it will not like later: the description says the same.
    if (kind === 'refused' || kind === 'gone') await settle('said');
    else if (kind !== 'unanswered') await settle('refused');
    return { kind: 'trouble', trouble: added.trouble, number };
  }
  await settle('said');
  return { kind: 'commented', number };
}

function factsOf(issue: AlertIssue, told: Told, sayKey: string | null): SettledIssue {
  return {
    number: issue.number,
    state: issue.state,
    closed_by_people: told.closedByPeople,
    content: told.content,
    severity: told.severity,
    told: told.told,
    changed_at: issue.updatedAt.toISOString(),
    say: told.say,
    say_key: sayKey,
  };
}

function resultOf(before: string, after: string): 'updated' | 'reopened' | 'closed' {
  if (before === after) return 'updated';
  return after === 'open' ? 'reopened' : 'closed';
}

type Tried<Value> = { readonly trouble: null; readonly value: Value } | { readonly trouble: GitHubTrouble };

/** A call whose failure is a value: what it means is decided by whoever asked. */
export async function tried<Value>(call: () => Promise<Value>): Promise<Tried<Value>> {
  try {
    return { trouble: null, value: await call() };
  } catch (error) {
    return { trouble: troubleOf(error, new Date()) };
  }
}
