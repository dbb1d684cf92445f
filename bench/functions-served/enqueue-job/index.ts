/** One RPC that commits, with everything around it that our functions have. */
import * as z from 'zod';
import { jobToken } from '../../../functions/_shared/auth/ways-in.ts';
import { serviceClient } from '../../../functions/_shared/database/clients.ts';
import { callRpc } from '../../../functions/_shared/database/rpc.ts';
import { endpoint } from '../../../functions/_shared/http/endpoint.ts';
import { serve } from '../../../functions/_shared/serve.ts';

const Wish = z.strictObject({ task_type: z.string().min(1), payload: z.record(z.string(), z.unknown()) });

serve((dependencies) =>
  endpoint(dependencies, {
    name: 'enqueue-job',
    ways: [jobToken({ header: 'x-job-token', secret: 'BENCH_TOKEN' })],
    body: Wish,
    handle: async ({ body }) => ({
      body: {
        id: await callRpc(serviceClient(dependencies), 'enqueue_job', z.number(), {
          p_task_type: body.task_type,
          p_payload: body.payload,
        }),
      },
    }),
  }),
);
