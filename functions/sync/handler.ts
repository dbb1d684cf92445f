import * as z from 'zod';
import { bearerToken, jobToken, runToken, secretKey } from '../_shared/auth/ways-in.ts';
import { type SyncAnswer, SyncRequest } from '../_shared/contracts/sync.ts';
import { type OpsClient, serviceClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { inLanes } from '../_shared/in-lanes.ts';
import { connectGamePlatform, type GamePlatform, SlowDown } from './game-platform.ts';

const lanes = 8;
const pageSize = 100;
/** Milliseconds kept back for the last writes and the answer. */
const reserve = 5_000;

const Competitors = z.array(z.object({ id: z.uuid(), external_id: z.string(), after_time_unix: z.number() }));
type Competitor = z.infer<typeof Competitors>[number];

/**
 * Pull from the game platform: activity since the last pull (`incremental`), all of it (`full`), or the totals of
 * competitors whose activity made them stale (`totals_sweep`). Works until all are done or the time box ends; each
 * competitor is settled on its own, so a call may end anywhere and the next one goes on.
 */
export function sync(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'sync',
    ways: [
      jobToken({ header: 'x-job-token', secret: 'OPSROOM_JOB_TOKEN' }),
      bearerToken({ secret: 'OPSROOM_JOB_TOKEN' }),
      secretKey(),
      runToken({ function: 'sync' }),
    ],
    timeBox: 120_000,
    body: SyncRequest,
    handle: async ({ body, signal, remaining, log }) => {
      const client = serviceClient(dependencies);
      const platform = connectGamePlatform(dependencies);
      const before = new Date(dependencies.now()).toISOString();
      const pull = { client, platform, request: body, signal };
      const tally = { processed: 0, failed: 0, fresh: 0 };
      const due = { p_totals: body.mode === 'totals_sweep', p_before: before, p_coach_id: body.coachId };
      let slowed = false;
      const looked = new Set<string>();
      while (!slowed && remaining() > reserve) {
        const page = (
          await callRpc(client, 'due_competitors', Competitors, { ...due, p_limit: pageSize })
        ).filter(({ id }) => !looked.has(id));
        if (page.length === 0) break;
        for (const { id } of page) looked.add(id);
        await inLanes(page, lanes, async (competitor) => {
          if (slowed || remaining() < reserve) return;
          const outcome = await pullOne(competitor, pull);
          if (outcome === 'slow_down') slowed = true;
          else {
            tally.processed += 1;
            if (outcome === 'failed') tally.failed += 1;
            else tally.fresh += outcome;
          }
        });
        // A dry run leaves no trace, so the same page would come again.
        if (body.dryRun) break;
      }
      const left = await callRpc(client, 'count_due_competitors', z.number(), due);
      const answer: SyncAnswer = { mode: body.mode, ...tally, slowed, remaining: body.dryRun ? 0 : left };
      log.info('pulled', answer);
      return { body: answer };
    },
  });
}

interface Pull {
  readonly client: OpsClient;
  readonly platform: GamePlatform;
  readonly request: SyncRequest;
  readonly signal: AbortSignal;
}

/** How much was new for one competitor, or why it was not pulled. */
async function pullOne(competitor: Competitor, pull: Pull): Promise<number | 'failed' | 'slow_down'> {
  const { client, request, signal } = pull;
  const totals = request.mode === 'totals_sweep';
  try {
    return totals ? await pullTotals(competitor, pull) : await pullActivity(competitor, pull);
  } catch (error) {
    if (error instanceof SlowDown) return 'slow_down';
    signal.throwIfAborted();
    if (!request.dryRun) {
      await callRpc(client, 'record_competitor_failure', z.unknown(), {
        p_competitor_id: competitor.id,
        p_totals: totals,
        p_error: error instanceof Error ? error.message : 'it could not be pulled',
      });
    }
    return 'failed';
  }
}

async function pullActivity(
  competitor: Competitor,
  { client, platform, request, signal }: Pull,
): Promise<number> {
  const after = request.mode === 'full' ? 0 : competitor.after_time_unix;
  const activities = await platform.activities(competitor.external_id, after, signal);
  if (request.dryRun) return activities.length;
  return callRpc(client, 'record_competitor_activity', z.number(), {
    p_competitor_id: competitor.id,
    p_activities: activities,
    p_until_unix: activities.reduce(
      (latest, { occurred_at_unix }) => Math.max(latest, occurred_at_unix),
      after,
    ),
  });
}

async function pullTotals(
  competitor: Competitor,
  { client, platform, request, signal }: Pull,
): Promise<number> {
  const totals = await platform.totals(competitor.external_id, signal);
  if (request.dryRun) return 1;
  await callRpc(client, 'record_competitor_totals', z.unknown(), {
    p_competitor_id: competitor.id,
    p_totals: totals,
    p_seen_until_unix: competitor.after_time_unix,
  });
  return 1;
}
