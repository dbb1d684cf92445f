import { type RunTruth, rightEnds, type Told } from './chaos-builds-truth.ts';
import { type Fact, fact } from './facts.ts';

/** What is wrong with one build. */
export interface Violation {
  readonly buildId: string;
  readonly what: string;
}

/** Facts, and each build for which one is false. */
export interface Judgement {
  readonly facts: readonly Fact[];
  readonly violations: readonly Violation[];
}

/**
 * Compare what the database says of the builds with what GitHub knows of their runs and with what each run says it wrote.
 *
 * @param triggered how many builds were asked for
 */
export function judgeBuilds(told: Told, truths: readonly RunTruth[], triggered: number): Judgement {
  const violations: Violation[] = [];
  const world = worldOf(told, truths);
  const rule = (what: string, of: number, found: readonly Violation[]): Fact => {
    violations.push(...found);
    return fact(what, `${found.length} of ${of}`, found.length === 0);
  };
  const { builds, orders, logs, alerts, left } = told;
  const own = logs.filter(({ attempt }) => attempt > 0);
  const extras = truths.filter(({ runId }) => !world.orderOf.has(runId));
  const leftovers = left.jobs + left.jobLeases + left.buildLeases;
  const facts = [
    fact(
      'builds, of those that were asked for',
      `${builds.length} of ${triggered}`,
      builds.length === triggered,
    ),
    rule('builds that have not ended', builds.length, unended(told)),
    rule('builds that ended in something else than the truth', builds.length, wrongEnds(told, world)),
    rule('builds tried again though GitHub knew their end', builds.length, needlessTries(told, world)),
    rule('attempts without exactly one run', orders.length, wrongRuns(told, world)),
    rule('runs too many that wrote, or still run', extras.length, badExtras(extras, own)),
    rule('runs that are not over on GitHub', truths.length, stillRunning(truths)),
    rule('logs with a gap in their numbers', logs.length, gaps(logs)),
    rule('logs that are not what their run said, in order', own.length, wrongTexts(told, world)),
    rule('recorders the database refused', truths.length, refusals(truths)),
    rule('orders to GitHub that are open', orders.length, openOrders(orders)),
    fact('jobs and leases left', leftovers, leftovers === 0),
    fact('logs still to be recovered', left.recoveries, left.recoveries === 0),
    rule('alerts missing for lost builds, or raised for others', alerts.length, wrongAlerts(builds, alerts)),
  ];
  return { facts, violations };
}

interface World {
  readonly truthOf: ReadonlyMap<number, RunTruth>;
  /** The order a run was started for and became the run of. */
  readonly orderOf: ReadonlyMap<number, Told['orders'][number]>;
  readonly ordersOf: ReadonlyMap<string, readonly Told['orders'][number][]>;
  readonly buildOf: ReadonlyMap<string, Told['builds'][number]>;
}

function worldOf({ builds, orders }: Told, truths: readonly RunTruth[]): World {
  return {
    truthOf: new Map(truths.map((truth) => [truth.runId, truth])),
    orderOf: new Map(orders.flatMap((order) => (order.runId === null ? [] : [[order.runId, order]]))),
    ordersOf: Map.groupBy(orders, ({ buildId }) => buildId),
    buildOf: new Map(builds.map((build) => [build.id, build])),
  };
}

function unended({ builds }: Told): Violation[] {
  return builds
    .filter(({ isFinal }) => !isFinal)
    .map(({ id, status, attempt }) => ({ buildId: id, what: `is ${status} in attempt ${attempt}` }));
}

function wrongEnds({ builds }: Told, { truthOf }: World): Violation[] {
  return builds.flatMap((build) => {
    const run = build.runId === null ? undefined : truthOf.get(build.runId);
    const right = rightEnds(build, run);
    if (right.includes(build.status)) return [];
    const ought = right.length === 0 ? 'none of its ends' : right.join(' or ');
    return [{ buildId: build.id, what: `is ${build.status}, not ${ought}: ${describe(run)}` }];
  });
}

function describe(run: RunTruth | undefined): string {
  if (run === undefined) return 'it has no run';
  const { runId, conclusion, story, isVanished, isSilent } = run;
  const words = [isSilent ? 'silent' : '', isVanished ? 'vanished' : '', `its story ${story ?? 'untold'}`];
  return `run ${runId} ended as ${conclusion ?? 'nothing'} (${words.filter((word) => word !== '').join(', ')})`;
}

function needlessTries({ builds }: Told, { truthOf, ordersOf }: World): Violation[] {
  return builds.flatMap(({ id, attempt: last }) =>
    (ordersOf.get(id) ?? []).flatMap(({ attempt, runId }) => {
      const run = runId === null ? undefined : truthOf.get(runId);
      if (attempt >= last || run?.isVanished === true) return [];
      return [{ buildId: id, what: `attempt ${attempt} was not the last: ${describe(run)}` }];
    }),
  );
}

function wrongRuns({ orders }: Told, { truthOf, orderOf, buildOf }: World): Violation[] {
  return orders.flatMap((order) => {
    const { buildId, attempt, state, runId } = order;
    const wrong = (words: string): Violation[] => [{ buildId, what: `attempt ${attempt} ${words}` }];
    const build = buildOf.get(buildId);
    if (runId === null) {
      // Cancelled before GitHub was told, or before anybody knew the run.
      return state === 'dropped' && build?.wasCancelled === true ? [] : wrong(`is ${state} and has no run`);
    }
    if (orderOf.get(runId) !== order) return wrong(`has run ${runId}, as another attempt does`);
    if (truthOf.get(runId)?.buildId !== buildId) return wrong(`has run ${runId}, which is not this build's`);
    return build?.attempt === attempt && build.runId !== runId
      ? wrong(`was ordered as run ${runId}, and the build has ${build.runId}`)
      : [];
  });
}

function badExtras(extras: readonly RunTruth[], logs: Told['logs']): Violation[] {
  const texts = Map.groupBy(logs, ({ buildId }) => buildId);
  return extras.flatMap(({ runId, buildId, isOver, story }) => {
    const hasWritten = (texts.get(buildId) ?? []).some(({ messages }) =>
      messages.some((message) => message.startsWith(`run ${runId} `)),
    );
    if (isOver && !hasWritten && story !== 'stored') return [];
    return [{ buildId, what: `run ${runId} is one too many, and ${isOver ? 'wrote' : 'still runs'}` }];
  });
}

function stillRunning(truths: readonly RunTruth[]): Violation[] {
  return truths
    .filter(({ isOver }) => !isOver)
    .map(({ buildId, runId }) => ({ buildId, what: `run ${runId} is not over` }));
}

function gaps(logs: Told['logs']): Violation[] {
  return logs
    .filter(({ first, last, count }) => first !== 1 || last !== count)
    .map(({ buildId, attempt, first, last, count }) => ({
      buildId,
      what: `attempt ${attempt} has ${count} events, numbered from ${first} to ${last}`,
    }));
}

function wrongTexts({ orders, logs }: Told, { truthOf, buildOf }: World): Violation[] {
  const logOf = new Map(logs.map((log) => [`${log.buildId} ${log.attempt}`, log]));
  const known = orders.flatMap(({ buildId, attempt, runId }) => {
    const run = runId === null ? undefined : truthOf.get(runId);
    const messages = logOf.get(`${buildId} ${attempt}`)?.messages ?? [];
    logOf.delete(`${buildId} ${attempt}`);
    const wrong = compare(run, messages, buildOf.get(buildId)?.attempt === attempt);
    return wrong === null ? [] : [{ buildId, what: `attempt ${attempt} ${wrong}` }];
  });
  const strays = [...logOf.values()].filter(({ attempt }) => attempt > 0);
  return [...known, ...strays.map(({ buildId }) => ({ buildId, what: 'has lines nobody ordered' }))];
}

/** What is wrong with the log of a run; null when nothing is. */
function compare(run: RunTruth | undefined, messages: readonly string[], isLast: boolean): string | null {
  if (run === undefined) return messages.length === 0 ? null : 'has lines and no run';
  const place = messages.findIndex((message, index) => message !== run.said[index]);
  if (place >= 0)
    return `says "${messages[place]}" in line ${place + 1}, and run ${run.runId} said "${run.said[place]}"`;
  const missing = run.said.length - messages.length;
  if (missing === 0) return null;
  // What a machine had not sent when it died is lost with it; a log without any line is fetched from GitHub, where there is one.
  if (run.isSilent && (messages.length > 0 || !isLast || !run.hasLog)) return null;
  return `lacks the last ${missing} of ${run.said.length} lines: ${describe(run)}`;
}

function refusals(truths: readonly RunTruth[]): Violation[] {
  return truths
    .filter(({ story }) => story === 'refused')
    .map(({ buildId, runId, note }) => ({ buildId, what: `run ${runId} was refused: ${note}` }));
}

function openOrders(orders: Told['orders']): Violation[] {
  return orders
    .filter(({ state, extraRuns }) => !['sent', 'refused', 'dropped'].includes(state) || extraRuns > 0)
    .map(({ buildId, attempt, state, extraRuns, posts, looks, error }) => ({
      buildId,
      what: `has an order of attempt ${attempt} that is ${state} after ${posts} posts and ${looks} looks (${error}), with ${extraRuns} runs to be cancelled`,
    }));
}

function wrongAlerts(builds: Told['builds'], alerts: readonly string[]): Violation[] {
  const lost = builds.filter(({ status }) => status === 'lost').map(({ id }) => `build_lost:${id}`);
  const idOf = (key: string): string => key.split(':')[1] ?? '';
  return [
    ...lost
      .filter((key) => !alerts.includes(key))
      .map((key) => ({ buildId: idOf(key), what: 'was lost without an alert' })),
    ...alerts
      .filter((key) => !lost.includes(key))
      .map((key) => ({ buildId: idOf(key), what: `has the alert ${key}` })),
  ];
}
