import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { cancelBuild, orderBuild } from '../actions/_shared/builds/dispatch/order-build.ts';
import { textArray } from '../actions/_shared/database/text-array.ts';
import { isPassing } from '../actions/_shared/queue/passing-errors.ts';
import type { BuildPlan } from './chaos-builds-plan.ts';
import { branchName, PERSON } from './chaos-builds-world.ts';

/** Asks for one build after the other, again where no answer came, and stops some of them. */
export async function askForBuilds(
  sql: Sql,
  plans: readonly BuildPlan[],
  chaos: { readonly seed: number; readonly triggerEveryMs: number },
): Promise<void> {
  const stopping: Promise<unknown>[] = [];
  for (const { index, branch, cancelAfterMs } of plans) {
    const { buildId } = await untilAnswered(() =>
      orderBuild(sql, {
        project: 'app',
        branch: branchName(branch),
        trigger: 'manual',
        actor: PERSON,
        inputs: { plan: String(index) },
        idempotencyKey: `chaos-${chaos.seed}-${index}`,
      }),
    );
    if (cancelAfterMs !== null) {
      const stop = async () => {
        await sleep(cancelAfterMs);
        await untilAnswered(() => cancelBuild(sql, { buildId, actor: PERSON }));
      };
      stopping.push(stop());
    }
    await sleep(chaos.triggerEveryMs);
  }
  await Promise.all(stopping);
}

/** Repeats what may be repeated while the database is away. */
async function untilAnswered<T>(ask: () => PromiseLike<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(200);
    }
  }
}

/** Who is dead: what they hold need not be waited for. */
export interface Dead {
  readonly dispatchers: readonly string[];
  /** Runs whose recorder is gone, and of which GitHub knows the end. */
  readonly runs: readonly number[];
}

/**
 * What pg_cron calls each minute, each second.
 *
 * @param dead whose claims and leases are to end at once; null lets them end in their time
 */
export function keepUp(sql: Sql, dead: () => Dead | null): { readonly stop: () => Promise<void> } {
  let isOver = false;
  const going = (async () => {
    while (!isOver) {
      await sleep(1_000);
      await untilAnswered(() => sql`select ops.rescue_builds()`);
      const hastened = dead();
      if (hastened !== null) await untilAnswered(() => endClaims(sql, hastened));
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await going;
    },
  };
}

/** What the dead hold is anybody's, and what is to be tried again later is tried now. */
async function endClaims(sql: Sql, { dispatchers, runs }: Dead): Promise<void> {
  await sql`
    update ops.build_dispatches set next_at = now()
    where settled_at is null and next_at > now() and claimed_by = any (${textArray(dispatchers)}::text[])`;
  await sql`
    update ops.build_leases l set expires_at = now()
    from ops.builds b
    where b.id = l.build_id and l.expires_at > now() and not ops.build_is_final(b.status)
      and b.github_run_id = any (${textArray(runs)}::bigint[])`;
  await sql`
    update ops.log_recoveries set next_at = now() where state = 'open' and next_at > now() and error is not null`;
}

/** Claims whose answer went with the database: whoever made them never heard. */
function endClaimsNobodyHeardOf(sql: Sql): PromiseLike<unknown> {
  return sql`update ops.build_dispatches set next_at = now() where settled_at is null and next_at > now()`;
}

/** Kills dispatchers and takes the database away once; ends when nothing is left to do. */
export async function untilRest(chaos: {
  readonly sql: Sql;
  readonly builds: number;
  readonly awayMs: number;
  readonly killEveryMs: number;
  readonly limitMs: number;
  readonly hastenClaims: boolean;
  readonly restart: (awayMs: number) => Promise<void>;
  readonly killOne: () => void;
  readonly isAtRest: () => boolean;
  readonly elapsed: () => number;
  readonly say: (message: string) => void;
}): Promise<{ readonly isDone: boolean; readonly restarts: number }> {
  const { sql, builds, elapsed, say } = chaos;
  let restarts = 0;
  let lastKill = performance.now();
  let lastWord = 0;
  const until = performance.now() + chaos.limitMs;
  for (;;) {
    await sleep(250);
    const { ended, busy } = await untilAnswered(() => readProgress(sql));
    const isDone = ended === builds && busy === 0 && chaos.isAtRest();
    if (isDone || performance.now() > until) return { isDone, restarts };
    if (elapsed() >= lastWord + 10) {
      lastWord = elapsed();
      say(`${lastWord} s: ${ended} of ${builds} builds have ended, ${busy} things are open`);
    }
    // The last ones are left alone: they wait for what the killed ones held.
    if (performance.now() - lastKill > chaos.killEveryMs && ended < builds * 0.9) {
      lastKill = performance.now();
      chaos.killOne();
    }
    if (restarts === 0 && ended > builds * 0.4) {
      restarts = 1;
      say(`${ended} builds have ended after ${elapsed()} s: the database goes away`);
      await chaos.restart(chaos.awayMs);
      say(`the database is back after ${elapsed()} s`);
      if (chaos.hastenClaims) await untilAnswered(() => endClaimsNobodyHeardOf(sql));
    }
  }
}

async function readProgress(sql: Sql): Promise<{ readonly ended: number; readonly busy: number }> {
  const [row] = await sql<{ ended: number; busy: number }[]>`
    select
      (select count(*)::int from ops.builds where ops.build_is_final(status)) as ended,
      (select count(*)::int from ops.build_dispatches where settled_at is null or extra_runs <> '{}')
      + (select count(*)::int from ops.log_recoveries where state = 'open')
      + (select count(*)::int from ops.builds b
         where ops.build_is_final(b.status) and b.github_run_id is not null
           and not exists (select from ops.build_events e where e.build_id = b.id and e.attempt = b.attempt)
           and not exists (select from ops.log_recoveries r where r.build_id = b.id)) as busy`;
  return row ?? { ended: 0, busy: 1 };
}
