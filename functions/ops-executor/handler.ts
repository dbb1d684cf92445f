import * as z from 'zod';
import { jobToken, runToken, secretKey, userJwt } from '../_shared/auth/ways-in.ts';
import { OpsExecutorRequest } from '../_shared/contracts/ops-executor.ts';
import { serviceClient, userClient } from '../_shared/database/clients.ts';
import { callRpc, readRows } from '../_shared/database/rpc.ts';
import { type Dependencies, requireEnv } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { HttpProblem, notFound } from '../_shared/http/problem.ts';
import { createFunctionCaller } from '../_shared/jobs/call-function.ts';
import { ClaimedRun, executeRun } from './execute-run.ts';

const Ids = z.array(z.object({ id: z.uuid() }));

/**
 * Claim a queued run of a runbook and execute it. Schedules and services take the oldest one or name it; a signed-in user
 * names a run of their own, which the database finds under the user's role.
 */
export function executeRuns(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'ops-executor',
    ways: [
      jobToken({ header: 'x-job-token', secret: 'OPSROOM_JOB_TOKEN' }),
      secretKey(),
      userJwt(),
      runToken({ function: 'ops-executor' }),
    ],
    cors: true,
    timeBox: 140_000,
    body: OpsExecutorRequest,
    handle: async ({ body, caller, signal, log }) => {
      if (caller.kind === 'user') {
        if (body.run_id === undefined)
          throw new HttpProblem(400, 'invalid_body', 'Name the run to execute as run_id.');
        const own = userClient(dependencies, caller.jwt)
          .from('runs')
          .select('id')
          .eq('id', body.run_id)
          .limit(1);
        if ((await readRows(own, Ids)).length === 0) throw notFound('run');
      }
      const client = serviceClient(dependencies);
      const [run] = await callRpc(client, 'claim_run', z.array(ClaimedRun).max(1), {
        p_worker: `ops-executor ${crypto.randomUUID().slice(0, 8)}`,
        p_run_id: body.run_id ?? null,
      });
      if (run === undefined) return { body: { run_id: null, status: null } };
      const status = await executeRun(run, {
        client,
        signal,
        now: dependencies.now,
        sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
        callFunction: createFunctionCaller({
          url: requireEnv(dependencies.env, 'SUPABASE_URL'),
          token: dependencies.env('OPSROOM_JOB_TOKEN'),
          fetch: dependencies.fetch,
        }),
      });
      log.info('run ended', { run_id: run.id, status });
      return { body: { run_id: run.id, status } };
    },
  });
}
