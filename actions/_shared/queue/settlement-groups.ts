import type { JobOutcome } from '../../../functions/_shared/jobs/run-job.ts';
import type { Settlement } from './job-store.ts';

/** Jobs of one lease that ended well. */
export interface SuccessGroup {
  readonly token: number;
  readonly ids: number[];
  /** Members of a JSON object, id to result, for those that have one. */
  readonly results: string[];
}

/** Jobs of one lease that failed. */
export interface FailureGroup {
  readonly token: number;
  readonly ids: number[];
  readonly errors: string[];
  readonly final: boolean[];
  /** Milliseconds until the next try; null for the backoff of the type. */
  readonly delays: (number | null)[];
}

/** Jobs of one lease that are handed back. */
export interface ReleaseGroup {
  readonly token: number;
  readonly ids: number[];
}

export interface SettlementGroups {
  readonly successes: SuccessGroup[];
  readonly failures: FailureGroup[];
  readonly releases: ReleaseGroup[];
}

/** What ended, by what is to be said about it and by lease: the queue's functions take one lease at a time. */
export function groupSettlements(settlements: readonly Settlement[]): SettlementGroups {
  const groups: SettlementGroups = { successes: [], failures: [], releases: [] };
  for (const settlement of settlements) add(groups, settlement);
  return groups;
}

function add({ successes, failures, releases }: SettlementGroups, { job, outcome }: Settlement): void {
  const token = job.leaseToken;
  switch (outcome.kind) {
    case 'succeeded': {
      const group = groupOf(successes, token, () => ({ token, ids: [], results: [] }));
      group.ids.push(job.id);
      if (outcome.result !== null) group.results.push(`"${job.id}":${outcome.result}`);
      return;
    }
    case 'retry':
    case 'dead': {
      const group = groupOf(failures, token, () => ({ token, ids: [], errors: [], final: [], delays: [] }));
      group.ids.push(job.id);
      group.errors.push(outcome.error);
      group.final.push(outcome.kind === 'dead');
      group.delays.push(outcome.kind === 'retry' ? outcome.delayMs : null);
      return;
    }
    case 'released':
      groupOf(releases, token, () => ({ token, ids: [] })).ids.push(job.id);
  }
}

/** Leases come in runs: the last group is nearly always the right one. */
function groupOf<Group extends { readonly token: number }>(
  groups: Group[],
  token: number,
  create: () => Group,
): Group {
  const last = groups.at(-1);
  if (last?.token === token) return last;
  const known = groups.find((group) => group.token === token);
  if (known !== undefined) return known;
  const group = create();
  groups.push(group);
  return group;
}

/** The results of a group as the text of a JSON object, null when there is none. */
export function resultsText(group: SuccessGroup): string | null {
  return group.results.length === 0 ? null : `{${group.results.join(',')}}`;
}

/**
 * The same settlement without the parts a database may refuse to store (a result nested too deep, a text in another
 * encoding): one such value must not keep a whole batch from being recorded.
 */
export function withoutRefusable(settlement: Settlement): Settlement {
  return { ...settlement, outcome: plain(settlement.outcome) };
}

const REFUSED = 'the database refused to store the error';

function plain(outcome: JobOutcome): JobOutcome {
  switch (outcome.kind) {
    case 'succeeded':
      return {
        kind: 'succeeded',
        result: outcome.result === null ? null : '{"omitted":"the database refused it"}',
      };
    case 'retry':
      return { ...outcome, error: REFUSED };
    case 'dead':
      return { ...outcome, error: REFUSED };
    case 'released':
      return outcome;
  }
}
