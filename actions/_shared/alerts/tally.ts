import type { StepResult } from './carry-out.ts';
import type { GitHubTrouble } from './github-trouble.ts';

/** What was done, by kind. */
export type ProjectionCounts = Readonly<
  Record<'created' | 'updated' | 'reopened' | 'closed' | 'commented' | 'answered', number>
>;

/** Keeps count of a run, and says when it is time to stop. */
export interface Tally {
  readonly note: (result: StepResult) => void;
  readonly noteTrouble: (trouble: GitHubTrouble, about: string) => void;
  readonly noteAnswers: (count: number) => void;
  readonly counts: () => ProjectionCounts;
  readonly problems: () => readonly string[];
  readonly waitSeconds: () => number;
  readonly isForbidden: () => boolean;
  /** GitHub wants to be left alone, does not answer any more, was asked often enough, or somebody else writes now. */
  readonly shouldStop: () => boolean;
}

/** Calls in a row without an answer, after which GitHub is held to be away. */
const PATIENCE = 2;

/**
 * Calls of one run at most: the token of a repository has a thousand an hour, for everything in it. What is left comes with the
 * next run.
 */
export const MOST_CALLS = 80;

/** An empty tally. @param calls how often GitHub was asked so far */
export function createTally(calls: () => number): Tally {
  const counts = { created: 0, updated: 0, reopened: 0, closed: 0, commented: 0, answered: 0 };
  const problems: string[] = [];
  let waitSeconds = 0;
  let isForbidden = false;
  let isFenced = false;
  let silence = 0;
  const noteTrouble = (trouble: GitHubTrouble, about: string): void => {
    silence = trouble.kind === 'unanswered' ? silence + 1 : 0;
    if (trouble.kind === 'limited') waitSeconds = Math.max(waitSeconds, trouble.waitSeconds);
    if (trouble.kind === 'forbidden') isForbidden = true;
    problems.push(`${about}: ${inWords(trouble)}`);
  };
  return {
    noteTrouble,
    noteAnswers: (count) => {
      counts.answered += count;
    },
    note: (result) => {
      switch (result.kind) {
        case 'trouble':
          noteTrouble(result.trouble, result.number === null ? 'a new issue' : `issue #${result.number}`);
          return;
        case 'fenced':
          isFenced = true;
          return;
        case 'forgotten':
          return;
        default:
          silence = 0;
          counts[result.kind] += 1;
      }
    },
    counts: () => ({ ...counts }),
    problems: () => [...problems],
    waitSeconds: () => waitSeconds,
    isForbidden: () => isForbidden,
    shouldStop: () =>
      waitSeconds > 0 || isForbidden || isFenced || silence >= PATIENCE || calls() >= MOST_CALLS,
  };
}

function inWords(trouble: GitHubTrouble): string {
  switch (trouble.kind) {
    case 'limited':
      return `GitHub asks us to wait ${trouble.waitSeconds} s`;
    case 'forbidden':
      return 'the token may not';
    case 'gone':
      return 'it is not there any more';
    case 'refused':
      return `GitHub refused it${trouble.fields.length === 0 ? '' : ` (${trouble.fields.join(', ')})`}`;
    case 'unanswered':
      return 'no answer';
  }
}
