import { jobToken, secretKey } from '../_shared/auth/ways-in.ts';
import { MetricsIngestAnswer, MetricsIngestRequest } from '../_shared/contracts/ops-metrics-ingest.ts';
import { serviceClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { idempotencyKey } from '../_shared/http/idempotency-key.ts';

/** Keep up to 10,000 samples of a project, in one statement: all of them or none. */
export function ingestMetrics(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'ops-metrics-ingest',
    ways: [jobToken({ header: 'x-ops-ingest-token', secret: 'OPS_INGEST_TOKEN' }), secretKey()],
    maxBytes: 4 * 1024 * 1024,
    body: MetricsIngestRequest,
    handle: async ({ body, request }) => ({
      body: await callRpc(serviceClient(dependencies), 'ingest_metrics', MetricsIngestAnswer, {
        p_project_id: body.project_id,
        p_branch_id: body.branch_id ?? null,
        p_ts: body.ts,
        p_samples: body.samples,
        p_idempotency_key: idempotencyKey(request) ?? null,
      }),
    }),
  });
}
