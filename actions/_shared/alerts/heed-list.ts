import { answer, type Hand, tried } from './carry-out.ts';
import { type AlertIssue, readAlertIssue, writeAlertIssue } from './github-issues.ts';
import type { GitHubTrouble } from './github-trouble.ts';
import { readAlertMarker } from './issue-marker.ts';
import type { IssueRow } from './issue-row.ts';
import { adoptIssue } from './issue-statements.ts';
import { type ListedIssue, type Observation, observeIssues } from './observe-issues.ts';
import { DATABASE_KEY } from './unreachable-issue.ts';

/** The issues of a list that we wrote about this environment. */
export function ourIssues(
  issues: readonly AlertIssue[],
  { author, environment }: { readonly author: string; readonly environment: string },
): readonly ListedIssue[] {
  return issues.flatMap((issue) => {
    const marker = readAlertMarker(issue.body);
    const isOurs = issue.author === author && !issue.isPullRequest && marker?.environment === environment;
    if (!isOurs || marker === null || marker.key === DATABASE_KEY) return [];
    const { number, state, updatedAt, closedAt } = issue;
    return [{ number, state, updatedAt, closedAt, marker }];
  });
}

/** What heeding a list led to. */
export interface Heeded {
  /** Nothing of it is left for the next run. */
  readonly isComplete: boolean;
  readonly answered: number;
  readonly troubles: readonly GitHubTrouble[];
}

/** Takes note of what people did, finds issues again, and closes those too many. Nothing of it is done twice. */
export async function heedList(
  hand: Pick<Hand, 'sql' | 'client' | 'lease' | 'author'>,
  world: {
    readonly listed: readonly ListedIssue[];
    readonly rows: readonly IssueRow[];
    readonly wanted: ReadonlySet<string>;
  },
  mayGoOn: () => boolean,
): Promise<Heeded> {
  let answered = 0;
  const troubles: GitHubTrouble[] = [];
  const observations = observeIssues(world);
  let done = 0;
  for (const observation of observations) {
    if (!mayGoOn()) break;
    const heeded = await tried(() => heed(hand, observation, world.rows));
    done += 1;
    if (heeded.trouble === null) answered += heeded.value;
    else troubles.push(heeded.trouble);
    if (heeded.trouble?.kind === 'limited' || heeded.trouble?.kind === 'forbidden') break;
  }
  return { answered, troubles, isComplete: troubles.length === 0 && done === observations.length };
}

async function heed(
  hand: Pick<Hand, 'sql' | 'client' | 'lease' | 'author'>,
  observation: Observation,
  rows: readonly IssueRow[],
): Promise<number> {
  const { issue } = observation;
  const { number } = issue;
  switch (observation.kind) {
    case 'adopt': {
      // A row knows its own key; of a marker nobody knows, the key is in it.
      const row = rows.find(({ marker }) => marker === issue.marker.id);
      const key = row?.key ?? issue.marker.key;
      await adoptIssue(hand.sql, hand.lease, {
        kind: row?.kind ?? kindOf(key),
        key,
        marker: issue.marker.id,
        number,
        state: issue.state,
        changedAt: issue.updatedAt,
      });
      return 0;
    }
    case 'closed':
    case 'reopened': {
      const current = await readAlertIssue(hand.client, number);
      if (current.state !== issue.state) return 0;
      if (current.state === 'closed' && current.closedBy === hand.author) {
        // Another workflow with our token, such as one that tidies up: nobody answered anything.
        await writeAlertIssue(hand.client, { number, state: 'open', reason: 'reopened' });
        return 0;
      }
      await answer(hand, current);
      return 1;
    }
    case 'surplus':
      await writeAlertIssue(hand.client, {
        number,
        state: 'closed',
        reason: observation.of === null ? 'not_planned' : 'duplicate',
      });
      return 0;
  }
}

function kindOf(key: string): IssueRow['kind'] {
  if (key.startsWith('group:')) return 'group';
  return key === 'storm' ? 'storm' : 'alert';
}
