/** One RPC that reads, with everything around it that our functions have. */
import * as z from 'zod';
import { jobToken } from '../../../functions/_shared/auth/ways-in.ts';
import { serviceClient } from '../../../functions/_shared/database/clients.ts';
import { callRpc } from '../../../functions/_shared/database/rpc.ts';
import { endpoint } from '../../../functions/_shared/http/endpoint.ts';
import { serve } from '../../../functions/_shared/serve.ts';

const Wish = z.strictObject({ id: z.int().positive() });
const Job = z.looseObject({ id: z.number(), status: z.string() });

serve((dependencies) =>
  endpoint(dependencies, {
    name: 'get-job',
    ways: [jobToken({ header: 'x-job-token', secret: 'BENCH_TOKEN' })],
    body: Wish,
    handle: async ({ body }) => ({
      body: await callRpc(serviceClient(dependencies), 'get_job', Job, { p_id: body.id }),
    }),
  }),
);
