/**
 * One pass over the checks. Everything in the database is read in one read-only transaction that sees one moment, one statement
 * for all checks of a kind where that can be; everything outside is asked at the same time. What fails, or is not finished when
 * the pass has to end, makes its own checks unknown and no other.
 */
import type { Sql } from '../database/connect.ts';
import { connectionPlace, explainConnectionError } from '../database/connection-errors.ts';
import { readTransaction } from '../database/transaction.ts';
import type { DesiredCheck } from '../declare/kinds/checks-model.ts';
import type { DesiredState } from '../declare/model.ts';
import type { GitHubClient } from '../github/client.ts';
import { createRedaction } from '../io/redaction.ts';
import type { Platform } from '../reconcile/platform/platform.ts';
import { assemblePass } from './assemble-pass.ts';
import type { CheckPass } from './check-pass.ts';
import { isDue } from './check-policy.ts';
import { blindnessOf, type Look } from './probes/look.ts';
import type { Blindness, Outcome, World } from './probes/probe.ts';
import { LOOKS } from './probes/registry.ts';

/** How far a pass is. */
export interface CheckProgress {
  readonly done: number;
  readonly of: number;
  /** What is being looked at. */
  readonly what: string;
}

export interface RunChecks {
  readonly sql: Sql;
  readonly declarations: { readonly resolve: (environment: string) => DesiredState };
  readonly environment: string;
  readonly now: Date;
  /** Left out: checks of workflows are unknown. */
  readonly github?: GitHubClient;
  /** Left out: what the platform runs is unknown. */
  readonly platform?: Platform;
  /** Environment variables; none by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** When the last pass was, for checks with `every`. Left out: every check has its turn. */
  readonly previous?: Date;
  /** Only these, by name; the others are as if they were not declared. */
  readonly only?: (name: string) => boolean;
  /** The pass ends after so many milliseconds; two minutes by default. */
  readonly deadlineMs?: number;
  /** Hides what only the caller knows to be secret. */
  readonly redact?: (text: string) => string;
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** Looks at everything that is declared and has its turn. Throws only for what is wrong with the declarations. */
export async function runChecks(options: RunChecks): Promise<CheckPass> {
  const { environment, now, sql } = options;
  const desired = options.declarations.resolve(environment);
  const declared = desired.checks.filter(({ name }) => options.only?.(name) ?? true);
  const due = declared.filter((check) => isDue(check, now, options.previous));
  const ends = performance.now() + (options.deadlineMs ?? 120_000);
  const over = new AbortController();
  const env = options.env ?? {};
  const world: World = {
    now,
    desired,
    env,
    left: () => ends - performance.now(),
    signal: over.signal,
    ...(options.github === undefined ? {} : { github: options.github }),
    ...(options.platform === undefined ? {} : { platform: options.platform }),
  };
  const looks = LOOKS.flatMap((begin) => begin(due, world) ?? []);
  const lost = await carryOut(sql, looks, { world, over, onProgress: options.onProgress });
  return assemblePass({
    now,
    environment,
    declared,
    outcomes: outcomesOf(looks, lost),
    redact: redaction(due, env, options.redact),
  });
}

interface Pass {
  readonly world: World;
  readonly over: AbortController;
  readonly onProgress: RunChecks['onProgress'];
}

/** What each look that needed the lost database is blind for. */
type Lost = ReadonlyMap<Look, Blindness>;

async function carryOut(sql: Sql, looks: readonly Look[], { world, over, onProgress }: Pass): Promise<Lost> {
  const lost = new Map<Look, Blindness>();
  const steps = looks.flatMap(({ read, ask }) => [read, ask]).filter((step) => step !== undefined).length;
  let done = 0;
  const told = (what: string): void => {
    done += 1;
    onProgress?.({ done, of: steps, what });
  };
  const work = Promise.all([
    readAll(sql, looks, lost, told),
    ...looks.map(async ({ ask, kind }) => {
      if (ask === undefined) return;
      await ask();
      told(kind);
    }),
  ]);
  const timer = Promise.withResolvers<void>();
  const clock = setTimeout(timer.resolve, Math.max(0, world.left()));
  try {
    // What is still going on then is left behind: the server ends its statement, the caller its connection.
    await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(clock);
    over.abort();
    work.catch(() => undefined);
  }
  return lost;
}

async function readAll(
  sql: Sql,
  looks: readonly Look[],
  lost: Map<Look, Blindness>,
  told: (what: string) => void,
): Promise<void> {
  const waiting = new Set(looks.filter(({ read }) => read !== undefined));
  if (waiting.size === 0) return;
  try {
    await readTransaction(sql, async (tx) => {
      for (const look of waiting) {
        await look.read?.(tx);
        waiting.delete(look);
        told(look.kind);
      }
    });
  } catch (error) {
    const blindness = unreachable(sql, error);
    for (const look of waiting) lost.set(look, blindness);
  }
}

function unreachable(sql: Sql, error: unknown): Blindness {
  const explained = explainConnectionError(error, connectionPlace(sql));
  if (explained === undefined) return blindnessOf(error);
  return {
    reason: `The database cannot be asked: ${explained.message}.`,
    remediation: explained.hint ?? 'See whether it runs.',
  };
}

function outcomesOf(looks: readonly Look[], lost: Lost): ReadonlyMap<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const look of looks) {
    const blindness = lost.get(look);
    for (const [name, outcome] of look.judge()) {
      outcomes.set(name, blindness === undefined ? outcome : { state: 'blind', ...blindness });
    }
  }
  return outcomes;
}

/** Values that HTTP checks take from the environment may come back in what a server says. */
function redaction(
  checks: readonly DesiredCheck[],
  env: World['env'],
  redact: RunChecks['redact'],
): (text: string) => string {
  const known = createRedaction();
  for (const { probe } of checks) {
    if (probe.kind !== 'http') continue;
    for (const source of Object.values(probe.headers)) if ('env' in source) known.add(env[source.env]);
  }
  return (text) => known.redact(redact === undefined ? text : redact(text));
}
