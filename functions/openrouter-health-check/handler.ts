import * as z from 'zod';
import { jobToken, runToken, secretKey } from '../_shared/auth/ways-in.ts';
import {
  type OpenRouterHealthCheckAnswer,
  OpenRouterHealthCheckRequest,
} from '../_shared/contracts/openrouter-health-check.ts';
import { type OpsClient, serviceClient } from '../_shared/database/clients.ts';
import { callPublicRpc, callRpc, readRows } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { type Finding, judge, PREFIX, type ProviderState } from './judge.ts';

const jobName = 'openrouter-health-check';
const mostRows = 1000;

const Caches = z.array(z.object({ base_url: z.string(), fetched_at: z.string(), payload: z.unknown() }));
const Breakers = z.array(
  z.object({
    model: z.string(),
    is_open: z.boolean(),
    open_until: z.string().nullable(),
    failure_streak: z.number(),
    last_status: z.number().nullable(),
  }),
);
const ActiveKeys = z.array(z.object({ dedupe_key: z.string() }));

/**
 * Look at credits, key limits, cache ages and circuit breakers of OpenRouter: raise what is wrong, resolve what is right
 * again, and log the run to job_run_log, also when it failed.
 */
export function checkOpenRouter(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: jobName,
    ways: [
      jobToken({ header: 'x-job-token', secret: 'INTERNAL_JOB_TOKEN' }),
      secretKey(),
      runToken({ function: jobName }),
    ],
    timeBox: 18_000,
    body: OpenRouterHealthCheckRequest,
    handle: async ({ body, log }) => {
      const client = serviceClient(dependencies);
      const now = () => new Date(dependencies.now()).toISOString();
      const started = now();
      const setting = (name: string, otherwise: number) => Number(dependencies.env(name) ?? otherwise);
      const thresholds = {
        minCredits: body.min_credits ?? setting('OPENROUTER_MIN_CREDITS', 10),
        minKeyLimit: body.min_key_limit ?? setting('OPENROUTER_MIN_KEY_LIMIT', 5),
        maxCacheAge: body.max_cache_age ?? setting('OPENROUTER_MAX_CACHE_AGE_MINUTES', 60),
      };
      try {
        const state = await readState(client);
        const findings = judge(state, thresholds, dependencies.now());
        const answer = await settle(client, findings);
        await writeLog(client, { started, finished: now(), ok: true, meta: { ...answer, thresholds } });
        log.info('checked', { raised: answer.raised.length, resolved: answer.resolved.length });
        return { body: answer };
      } catch (error) {
        const message = error instanceof Error ? error.message : 'it failed without a reason';
        await writeLog(client, { started, finished: now(), ok: false, message, meta: { thresholds } }).catch(
          () => undefined,
        );
        throw error;
      }
    },
  });
}

async function readState(client: OpsClient): Promise<ProviderState> {
  const cache = 'base_url, fetched_at, payload';
  const [credits, keys, breakers] = await Promise.all([
    readRows(client.from('openrouter_credits_cache').select(cache).limit(mostRows), Caches),
    readRows(client.from('openrouter_key_cache').select(cache).limit(mostRows), Caches),
    readRows(
      client
        .from('openrouter_circuit_breakers')
        .select('model, is_open, open_until, failure_streak, last_status')
        .eq('is_open', true)
        .limit(mostRows),
      Breakers,
    ),
  ]);
  return { credits, keys, breakers };
}

/** Raise every finding in one statement, and resolve what this check raised before and does not find any more. */
async function settle(client: OpsClient, findings: readonly Finding[]): Promise<OpenRouterHealthCheckAnswer> {
  const found = new Set(findings.map(({ dedupeKey }) => dedupeKey));
  if (findings.length > 0) {
    const batch = findings.map(({ dedupeKey, ...finding }) => ({ ...finding, dedupe_key: dedupeKey }));
    await callRpc(client, 'raise_alerts', z.unknown(), { p_batch: batch });
  }
  const active = await readRows(
    client
      .from('alerts')
      .select('dedupe_key')
      .is('resolved_at', null)
      .like('dedupe_key', `${PREFIX}%`)
      .limit(mostRows),
    ActiveKeys,
  );
  const healed = active.map(({ dedupe_key }) => dedupe_key).filter((key) => !found.has(key));
  await Promise.all(
    healed.map((key) =>
      callPublicRpc(client, 'ops_alert_resolve_by_dedupe_key_v1', z.boolean(), {
        p_dedupe_key: key,
        p_resolved_by: jobName,
        p_reason: 'the condition cleared',
      }),
    ),
  );
  return { ok: findings.length === 0, raised: [...found], resolved: healed };
}

async function writeLog(
  client: OpsClient,
  entry: {
    readonly started: string;
    readonly finished: string;
    readonly ok: boolean;
    readonly message?: string;
    readonly meta: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const row = {
    job_name: jobName,
    provider: 'openrouter',
    started_at: entry.started,
    finished_at: entry.finished,
    ok: entry.ok,
    error_message: entry.message?.slice(0, 1000) ?? null,
    meta: entry.meta,
  };
  await readRows(client.from('job_run_log').insert(row), z.unknown());
}
