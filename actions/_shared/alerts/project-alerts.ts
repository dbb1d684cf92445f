import type { Sql } from '../database/connect.ts';
import type { CountingClient } from '../github/single-shot-client.ts';
import { type Alert, isLive } from './alert.ts';
import { carryOut, type Hand, tried } from './carry-out.ts';
import { decideProjection, type Step, unitsOf } from './decide-projection.ts';
import { type AlertIssue, type IssueList, listAlertIssues } from './github-issues.ts';
import { heedList, ourIssues } from './heed-list.ts';
import { type Begun, beginProjection, bindToIssue, endProjection, type Lease } from './issue-statements.ts';
import { listLabels, type Voice } from './issue-text.ts';
import { bindAlerts, unitKeyOf } from './issue-units.ts';
import { jobOf } from './job-of-alert.ts';
import { readNewerIssues } from './lost-issues.ts';
import { judgeAlerts, readAlerts, readClock, readIssueRows, readJobRuns } from './statements.ts';
import { createTally, type ProjectionCounts, type Tally } from './tally.ts';
import { endUnreachable } from './unreachable-issue.ts';

/** Where alerts are, and where they are to be shown. */
export interface ProjectionRequest {
  readonly sql: Sql;
  readonly client: CountingClient;
  readonly environment: string;
  /** Our own login: a marker in somebody else's issue means nothing. */
  readonly author: string;
  readonly runUrl: string;
  /** Cuts out what must not be seen. */
  readonly redact: (text: string) => string;
}

/** How far it got. */
export type ProjectionKind =
  /** Issues say what alerts say. */
  | 'done'
  /** Some do not yet; the next run goes on. */
  | 'behind'
  /** Another run writes now. */
  | 'busy'
  /** GitHub asked us to wait, and the time is not over. */
  | 'waiting';

/** What became of it. */
export interface ProjectionResult {
  readonly kind: ProjectionKind;
  readonly counts: ProjectionCounts;
  /** Issues that still have to change. */
  readonly left: number;
  /** Requests sent to GitHub. */
  readonly calls: number;
  /** What went wrong, for people. */
  readonly problems: readonly string[];
  /** The token may not read or write issues. */
  readonly isForbidden: boolean;
  /** When issues last said all that alerts say, before this run, or since when they should; null when nobody ever came. */
  readonly projectedAt: Date | null;
}

interface Run {
  readonly request: ProjectionRequest;
  readonly lease: Lease;
  readonly begun: Begun;
  readonly tally: Tally;
}

/** How a run under the lease ended, and what the next should know. */
interface Ended {
  readonly kind: ProjectionKind;
  readonly left: number;
  readonly etag: string | null;
  readonly isScanned: boolean;
}

/**
 * Brings issues up to what alerts say: looks what people did, decides which issue shows what, and writes what changed, each
 * write on record before GitHub is asked. Whatever fails is left to the next run.
 */
export async function projectAlerts(request: ProjectionRequest): Promise<ProjectionResult> {
  const { sql, client } = request;
  const before = client.calls();
  const repository = `${client.owner}/${client.repo}`;
  const begun = await beginProjection(sql, repository, request.runUrl);
  const tally = createTally(() => client.calls() - before);
  const resultOf = ({ kind, left }: Pick<Ended, 'kind' | 'left'>): ProjectionResult => ({
    kind,
    left,
    counts: tally.counts(),
    calls: client.calls() - before,
    problems: tally.problems(),
    isForbidden: tally.isForbidden(),
    projectedAt: begun.projectedAt,
  });
  if (!begun.isOurs) return resultOf({ kind: 'busy', left: 0 });

  const lease = { repository, token: begun.token };
  let ended: Ended = { kind: 'behind', left: 0, etag: begun.etag, isScanned: false };
  try {
    ended = await project({ request, lease, begun, tally });
  } finally {
    const { etag, isScanned } = ended;
    const result = { kind: ended.kind, ...tally.counts() };
    await endProjection(sql, lease, { etag, isScanned, waitSeconds: tally.waitSeconds(), result });
  }
  return resultOf(ended);
}

async function project(run: Run): Promise<Ended> {
  const { request, begun, tally } = run;
  const { sql, client, environment } = request;
  await judgeAlerts(sql);
  const unheeded: Ended = { kind: 'behind', left: 0, etag: begun.etag, isScanned: false };
  if (begun.isEarly) return { ...unheeded, kind: 'waiting' };

  const list = await tried(() =>
    listAlertIssues(client, {
      labels: listLabels(environment),
      etag: begun.isScanned ? begun.etag : null,
      since: begun.isScanned ? sinceOf(begun) : null,
    }),
  );
  if (list.trouble !== null) {
    tally.noteTrouble(list.trouble, 'the list of issues');
    return unheeded;
  }
  const isHeeded = list.value === null || (await heed(run, list.value));
  // An ETag is kept only of what was heeded in full: otherwise the next run would not be told again.
  const etag = list.value === null ? begun.etag : isHeeded ? list.value.etag : null;
  const isScanned = isHeeded && !begun.isScanned;
  if (tally.shouldStop()) return { kind: 'behind', left: 0, etag, isScanned };

  const isSure = await findLost(run);
  if (tally.shouldStop()) return { kind: 'behind', left: 0, etag, isScanned };
  await bind(run);
  const left = await write(run, isSure);
  return { kind: left === 0 && isHeeded ? 'done' : 'behind', left, etag, isScanned };
}

/** GitHub's clock is not the database's. */
const SKEW_MS = 600_000;

/** What people did before then was heeded by a run that did all there was to do. */
function sinceOf({ projectedAt }: Begun): Date | null {
  return projectedAt === null ? null : new Date(projectedAt.getTime() - SKEW_MS);
}

/** Takes note of what a list says. False when some of it could not be heeded. */
async function heed(run: Run, list: IssueList): Promise<boolean> {
  const { request, tally } = run;
  const back = await tried(() => endUnreachable(request, list.issues));
  if (back.trouble !== null) {
    tally.noteTrouble(back.trouble, 'the issue about the database');
    return false;
  }
  return heedIssues(run, list.issues);
}

async function heedIssues({ request, lease, tally }: Run, issues: readonly AlertIssue[]): Promise<boolean> {
  const { sql, client, author } = request;
  const listed = ourIssues(issues, request);
  const rows = await readIssueRows(sql, lease.repository, {
    markers: listed.map(({ marker }) => marker.id),
    numbers: listed.map(({ number }) => number),
  });
  const wanted = new Set((await readAlerts(sql, lease.repository)).filter(isLive).map(unitKeyOf));
  const hand = { sql, client, lease, author };
  const heeded = await heedList(hand, { listed, rows, wanted }, () => !tally.shouldStop());
  tally.noteAnswers(heeded.answered);
  for (const trouble of heeded.troubles) tally.noteTrouble(trouble, 'what people did');
  return heeded.isComplete;
}

/**
 * Before an issue of which nothing was heard is opened once more, or given up, looks for it where no list can hide it. False
 * when nobody knows yet whether it is there.
 */
async function findLost(run: Run): Promise<boolean> {
  const { request, lease, tally } = run;
  const world = await readWorld(request, lease);
  const { steps } = decideProjection(unitsOf(world), world.now);
  if (!steps.some(needsCertainty)) return true;
  const newer = await tried(() => readNewerIssues(request.client));
  if (newer.trouble !== null) {
    tally.noteTrouble(newer.trouble, 'an issue that may be there');
    return false;
  }
  return (await heedIssues(run, newer.value.issues)) && newer.value.isComplete;
}

/** Steps that rest on an issue not being there, though it may be. */
function needsCertainty({ unit, decision }: Step): boolean {
  return unit.row.attempt === 'create' && (decision.kind === 'create' || decision.kind === 'forget');
}

async function bind({ request, lease }: Run): Promise<void> {
  const { sql } = request;
  const world = await readWorld(request, lease);
  for (const binding of bindAlerts(world)) {
    const alertIds = binding.alerts.map(({ id }) => id);
    await bindToIssue(sql, lease, { ...binding, alertIds });
  }
}

/** Writes what has to change. Returns how many issues are left for the next run. */
async function write(run: Run, isSure: boolean): Promise<number> {
  const { request, lease, tally } = run;
  const { sql, client, author, environment, runUrl, redact } = request;
  const world = await readWorld(request, lease);
  const { steps, left } = decideProjection(unitsOf(world), world.now);
  if (steps.length === 0) return left;
  const numbers = new Map(world.rows.map(({ id, number }) => [id, number]));
  const issueOf = new Map(
    world.alerts.flatMap(({ id, issueId }) => {
      const number = numbers.get(issueId ?? 0);
      return number === undefined || number === null ? [] : [[id, number] as const];
    }),
  );
  const voice: Voice = { environment, runUrl, redact, issueOf, jobRuns: await runsOf(sql, steps) };
  const hand: Hand = { sql, client, lease, author, voice, unassignable: new Set() };
  let undone = left;
  for (const step of steps) {
    if (tally.shouldStop() || (!isSure && needsCertainty(step))) {
      undone += 1;
      continue;
    }
    const result = await carryOut(hand, step);
    tally.note(result);
    if (result.kind === 'created' && result.number !== null) {
      for (const { id } of step.unit.members) issueOf.set(id, result.number);
    }
    if (result.kind === 'trouble' || result.kind === 'fenced' || result.kind === 'answered') undone += 1;
  }
  return undone;
}

async function readWorld({ sql }: ProjectionRequest, { repository }: Lease) {
  const nothing = { markers: [], numbers: [] };
  const alerts: readonly Alert[] = await readAlerts(sql, repository);
  return { alerts, rows: await readIssueRows(sql, repository, nothing), now: await readClock(sql) };
}

async function runsOf(sql: Sql, steps: readonly Step[]): Promise<Voice['jobRuns']> {
  const jobs = steps.flatMap(({ unit }) =>
    unit.members.filter(isLive).flatMap((alert) => jobOf(alert) ?? []),
  );
  const runs = await readJobRuns(sql, [...new Set(jobs)].slice(0, 100));
  return Map.groupBy(runs, ({ job }) => job);
}
