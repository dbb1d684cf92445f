/** Everything our functions have, and no RPC: what a call costs before it does anything. */
import * as z from 'zod';
import { jobToken } from '../../../functions/_shared/auth/ways-in.ts';
import { endpoint } from '../../../functions/_shared/http/endpoint.ts';
import { serve } from '../../../functions/_shared/serve.ts';

serve((dependencies) =>
  endpoint(dependencies, {
    name: 'nothing',
    ways: [jobToken({ header: 'x-job-token', secret: 'BENCH_TOKEN' })],
    body: z.strictObject({}),
    handle: async () => ({ body: {} }),
  }),
);
