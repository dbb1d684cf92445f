import { envelope } from '../events/payloads/envelope.ts';
import type { JsonObject } from '../json-schema.ts';
import { renderIssue, renderLabelByName, renderUser } from '../resources/render.ts';
import {
  addIssue,
  forgetIssue,
  type StoredIssue,
  type StoredIssueEvent,
  uniqueLabels,
} from '../state/issues.ts';
import { takeId } from '../store.ts';
import type { Actor, World } from '../world.ts';

/** An issue to be. */
export interface NewIssue {
  readonly title: string;
  readonly body?: string | null;
  readonly labels?: readonly string[];
  readonly assignees?: readonly string[];
}

/** Somebody opens an issue. */
export function openIssue(world: World, actor: Actor, fresh: NewIssue): StoredIssue {
  const issue = addIssue(world.store, { ...fresh, body: fresh.body ?? null, author: actor.login });
  tellIssue(world, actor, { issue, action: 'opened' });
  for (const label of issue.labels) noteLabel(world, actor, { issue, label, action: 'labeled' });
  return issue;
}

/** What of an issue is to change. */
export interface IssueChange {
  readonly title?: string | undefined;
  readonly body?: string | null | undefined;
  readonly state?: 'open' | 'closed' | undefined;
  readonly stateReason?: StoredIssue['stateReason'] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly assignees?: readonly string[] | undefined;
}

/** Somebody changes an issue; every kind of change is told by itself, as on GitHub. */
export function changeIssue(
  world: World,
  actor: Actor,
  { issue, to }: { readonly issue: StoredIssue; readonly to: IssueChange },
): void {
  changeText(world, actor, issue, to);
  if (to.labels !== undefined) changeLabels(world, actor, issue, to.labels);
  if (to.assignees !== undefined) changeAssignees(world, actor, issue, to.assignees);
  if (to.state !== undefined && to.state !== issue.state) changeState(world, actor, issue, to);
  touch(world, issue);
}

function changeText(world: World, actor: Actor, issue: StoredIssue, to: IssueChange): void {
  const changes: JsonObject = {};
  if (to.title !== undefined && to.title !== issue.title) {
    changes.title = { from: issue.title };
    note(world, actor, { issue, kind: 'renamed', rename: { from: issue.title, to: to.title } });
    issue.title = to.title;
  }
  if (to.body !== undefined && to.body !== issue.body) {
    changes.body = { from: issue.body ?? '' };
    issue.body = to.body;
  }
  if (Object.keys(changes).length > 0)
    tellIssue(world, actor, { issue, action: 'edited', more: { changes } });
}

function changeLabels(world: World, actor: Actor, issue: StoredIssue, names: readonly string[]): void {
  const [before, after] = [issue.labels, uniqueLabels(world.store, names)];
  issue.labels = after;
  for (const label of before.filter((name) => !after.includes(name))) {
    noteLabel(world, actor, { issue, label, action: 'unlabeled' });
  }
  for (const label of after.filter((name) => !before.includes(name))) {
    noteLabel(world, actor, { issue, label, action: 'labeled' });
  }
}

function changeAssignees(world: World, actor: Actor, issue: StoredIssue, logins: readonly string[]): void {
  const before = issue.assignees;
  issue.assignees = [...new Set(logins)];
  const changed = (action: 'assigned' | 'unassigned', assignee: string): void => {
    note(world, actor, { issue, kind: action, assignee });
    tellIssue(world, actor, { issue, action, more: { assignee: renderUser(assignee, world) } });
  };
  for (const login of before.filter((each) => !issue.assignees.includes(each))) changed('unassigned', login);
  for (const login of issue.assignees.filter((each) => !before.includes(each))) changed('assigned', login);
}

function changeState(world: World, actor: Actor, issue: StoredIssue, to: IssueChange): void {
  const closes = to.state === 'closed';
  issue.state = closes ? 'closed' : 'open';
  issue.closedAt = closes ? world.store.now() : null;
  issue.closedBy = closes ? actor.login : null;
  issue.stateReason = to.stateReason ?? (closes ? 'completed' : 'reopened');
  const kind = closes ? 'closed' : 'reopened';
  note(world, actor, { issue, kind });
  tellIssue(world, actor, { issue, action: kind });
}

/** Somebody locks or unlocks the conversation. */
export function lockIssue(
  world: World,
  actor: Actor,
  {
    issue,
    locked,
    reason = null,
  }: { readonly issue: StoredIssue; readonly locked: boolean; readonly reason?: string | null },
): void {
  if (issue.locked === locked) return;
  issue.locked = locked;
  issue.lockReason = locked ? reason : null;
  note(world, actor, { issue, kind: locked ? 'locked' : 'unlocked' });
  tellIssue(world, actor, { issue, action: locked ? 'locked' : 'unlocked' });
}

/** Somebody deletes the issue, as the site lets administrators. */
export function deleteIssue(world: World, actor: Actor, issue: StoredIssue): void {
  tellIssue(world, actor, { issue, action: 'deleted' });
  forgetIssue(world.store, issue.number);
}

/** Something about the issue changed now. */
export function touch({ store }: Pick<World, 'store'>, issue: StoredIssue): void {
  issue.updatedAt = store.now();
}

function noteLabel(
  world: World,
  actor: Actor,
  {
    issue,
    label,
    action,
  }: { readonly issue: StoredIssue; readonly label: string; readonly action: 'labeled' | 'unlabeled' },
): void {
  note(world, actor, { issue, kind: action, label });
  tellIssue(world, actor, { issue, action, more: { label: renderLabelByName(label, world) } });
}

function note(
  { store }: World,
  actor: Actor,
  {
    issue,
    ...what
  }: Omit<StoredIssueEvent, 'id' | 'issue' | 'actor' | 'at'> & { readonly issue: StoredIssue },
): void {
  store.issueEvents.push({
    ...what,
    id: takeId(store),
    issue: issue.number,
    actor: actor.login,
    at: store.now(),
  });
}

/** What is to be told of an issue. */
interface IssueNews {
  readonly issue: StoredIssue;
  readonly action: string;
  readonly more?: JsonObject;
}

function tellIssue(world: World, actor: Actor, { issue, action, more = {} }: IssueNews): void {
  // Pull requests have events of their own.
  if (issue.pullRequest !== null) return;
  const { store, events } = world;
  events.tell({
    name: 'issues',
    action,
    actor: actor.login,
    byWorkflowToken: actor.byWorkflowToken,
    ref: `refs/heads/${store.defaultBranch}`,
    sha: store.branches.get(store.defaultBranch) ?? '0'.repeat(40),
    payload: { action, issue: renderIssue(issue, world), ...more, ...envelope(world, actor.login) },
  });
}
