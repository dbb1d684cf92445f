import { setTimeout as sleep } from 'node:timers/promises';
import { renderStart } from '../_shared/builds/dispatch/build-terminal.ts';
import { type BuildFacts, readBuildFacts } from '../_shared/builds/dispatch/order-build.ts';
import { BuildStatus, exitCodeOf, isFinal } from '../_shared/builds/reading/build.ts';
import type { Sql } from '../_shared/database/connect.ts';
import type { TargetOptions } from './target-url.ts';

/** How long to stay with a build, and how to tell of it. */
export interface StayOptions extends TargetOptions {
  readonly wait?: boolean;
  readonly follow?: boolean;
  readonly format: 'terminal' | 'json';
}

/** Said before the build's own words. */
export interface Preface {
  readonly words: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An order whose answer was lost is looked for again after so long (PATIENCE.againInMs). */
const TEND_EVERY_MS = 20_000;

/**
 * Starts a build that was just asked for, where there is a token for that; says how it stands; and stays with it, if so asked.
 *
 * @returns exit code: of a build one stays with, how it ended; else 0, or 1 when GitHub refused it
 */
export async function seeThrough(
  sql: Sql,
  buildId: string,
  options: StayOptions,
  preface?: Preface,
): Promise<number> {
  const token = process.env.GITHUB_TOKEN || process.env.GH_TOKEN || undefined;
  const first = await factsOf(sql, buildId);
  const tend = token === undefined ? null : tender(sql, first, token);
  await tend?.();
  const facts = await factsOf(sql, buildId);
  if (options.format === 'json') printJson({ ...preface?.facts, ...facts });
  else {
    const view = { environment: options.env, preface: preface?.words, wasTended: tend !== null };
    process.stdout.write(renderStart(facts, view));
  }
  if (options.wait !== true && options.follow !== true) return facts.status === 'failed' ? 1 : 0;
  const over = new AbortController();
  const tending = tend === null ? Promise.resolve() : keepTending(tend, over.signal);
  try {
    return await stay(sql, buildId, options);
  } finally {
    over.abort();
    await tending;
  }
}

async function stay(sql: Sql, buildId: string, options: StayOptions): Promise<number> {
  if (options.follow === true) {
    const { logs } = await import('./logs.ts');
    return logs({ ...options, build: buildId, follow: true, listen: true });
  }
  const { followLog } = await import('../_shared/builds/reading/follow-log.ts');
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const status = await followLog({
      sql,
      buildId,
      follow: true,
      onEvents: () => undefined,
      signal: stop.signal,
    });
    const facts = await factsOf(sql, buildId);
    if (options.format === 'json') printJson(facts);
    else {
      const why = facts.error === null ? '' : `: ${facts.error}`;
      process.stdout.write(
        isFinal(status) ? `It ${WORDS[status] ?? status}${why}\n` : `It is still ${status}.\n`,
      );
    }
    return exitCodeOf(status);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

/** One line, so that lines of a log may follow. */
function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const WORDS: Partial<Record<BuildStatus, string>> = {
  succeeded: 'succeeded',
  almost: 'succeeded with warnings',
  failed: 'failed',
  cancelled: 'was cancelled',
  lost: 'is lost',
};

async function factsOf(sql: Sql, buildId: string): Promise<BuildFacts & { readonly status: BuildStatus }> {
  const facts = await readBuildFacts(sql, buildId);
  if (facts === null) throw new Error(`there is no build ${buildId}`);
  return { ...facts, status: BuildStatus.parse(facts.status) };
}

/** Brings this one build to GitHub, as far as that goes now. */
function tender(
  sql: Sql,
  { buildId, repository, isDispatched }: BuildFacts,
  token: string,
): (() => Promise<void>) | null {
  if (!isDispatched || repository === null) return null;
  return async () => {
    const { dispatchBuilds } = await import('../_shared/builds/dispatch/dispatch-builds.ts');
    const { openClients } = await import('../_shared/builds/dispatch/open-clients.ts');
    const apiUrl = process.env.GITHUB_API_URL || 'https://api.github.com';
    await dispatchBuilds({
      sql,
      dispatcher: `opsroom of ${process.env.GITHUB_ACTOR ?? process.env.USER ?? 'somebody'}`,
      clientOf: openClients([repository], { token, apiUrl }),
      repositories: [repository],
      buildId,
      limit: 5,
    });
  };
}

async function keepTending(tend: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(TEND_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // The database may be away for a while, which the reader of the log tells.
    await tend().catch(() => undefined);
  }
}
