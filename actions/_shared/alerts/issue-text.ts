import { alertIssueTitle, renderAlertIssue } from '../report/alert-issue.ts';
import { assignableLogin } from '../report/alert-text.ts';
import { COMMENT_LIMIT } from '../report/bounded-markdown.ts';
import { isLive, type Standing, standingOf, worstOf } from './alert.ts';
import type { Unit } from './decide-unit.ts';
import type { IssueText } from './github-issues.ts';
import { alertBlock, alertMarkerLine, aroundBlock, replaceAlertBlock } from './issue-marker.ts';
import type { JobRun } from './statements.ts';

/** What writing about alerts needs to know besides them. */
export interface Voice {
  readonly environment: string;
  readonly runUrl: string;
  /** Newest runs of jobs, oldest first. */
  readonly jobRuns: ReadonlyMap<string, readonly JobRun[]>;
  /** Numbers of the issues that show alerts, by id of the alert. */
  readonly issueOf: ReadonlyMap<number, number>;
  /** Cuts out what must not be seen. */
  readonly redact: (text: string) => string;
}

/** The label every issue of an alert has. */
export const ALERT_LABEL = 'ops-alert';

/** The labels that together list the issues of one environment and nothing else. */
export function listLabels(environment: string): readonly string[] {
  return [ALERT_LABEL, `env:${environment}`];
}

/** The labels an issue shall have, besides those of people. */
export function labelsOf({ members }: Unit, environment: string): string[] {
  const live = members.filter(isLive);
  const severity = worstOf(live.length > 0 ? live : members);
  return [
    ...listLabels(environment),
    ...(severity === null ? [] : [`severity:${severity}`]),
    ...stateOf(live.map(standingOf)),
  ];
}

/** One standing they all share; unknown also when only some of them are. */
function stateOf(standings: readonly Standing[]): string[] {
  const all = new Set(standings.map((standing) => (standing === 'recovering' ? 'firing' : standing)));
  if (all.has('unknown')) return ['state:unknown'];
  const [only] = all;
  return all.size !== 1 || only === undefined || only === 'firing' ? [] : [`state:${only}`];
}

const OURS = /^(?:severity|state):/i;

/** The labels an issue shall have, where those people gave it stay. */
export function mergeLabels(current: readonly string[], wanted: readonly string[]): readonly string[] {
  const has = new Set(wanted.map((label) => label.toLowerCase()));
  const kept = current.filter((label) => !OURS.test(label) && !has.has(label.toLowerCase()));
  return [...wanted, ...kept];
}

/** True when both name the same labels; case and order mean nothing. */
export function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  const names = (labels: readonly string[]): string =>
    labels
      .map((label) => label.toLowerCase())
      .sort()
      .join('\n');
  return names(a) === names(b);
}

/** Everything of an issue that is to be opened. */
export function newIssueText(unit: Unit, voice: Voice): IssueText {
  const logins = unit.members.filter(isLive).flatMap(({ details }) => assignableLogin(details.owner) ?? []);
  return {
    title: voice.redact(alertIssueTitle(unit, voice.environment)),
    body: bodyOf(unit, voice, ''),
    labels: labelsOf(unit, voice.environment),
    // GitHub takes ten at most.
    assignees: unit.row.kind === 'storm' ? [] : [...new Set(logins)].slice(0, 10),
  };
}

/** Below this a block says nothing; then what people wrote has the room. */
const LEAST_BLOCK = 1200;

/** The body of an issue: our block anew, and what people wrote around it as it is. */
export function bodyOf(unit: Unit, voice: Voice, current: string): string {
  const marker = { environment: voice.environment, key: unit.row.key, id: unit.row.marker };
  const { before, after } = aroundBlock(current);
  const frame = alertMarkerLine(marker).length + before.length + after.length + 60;
  const limit = COMMENT_LIMIT - frame;
  if (limit < LEAST_BLOCK) return current;
  const visible = voice.redact(
    renderAlertIssue(unit, { ...voice, limit: Math.min(limit, COMMENT_LIMIT - PEOPLE_ROOM) }),
  );
  const body = replaceAlertBlock(current, alertBlock(marker, visible));
  return body.length < COMMENT_LIMIT ? body : current;
}

/** Left free for what people will write above and below. */
const PEOPLE_ROOM = 8_000;
