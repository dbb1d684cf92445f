import * as z from 'zod';
import { requireAdmin } from '../_shared/auth/require-admin.ts';
import { userJwt } from '../_shared/auth/ways-in.ts';
import { AdminOverview } from '../_shared/contracts/admin-overview.ts';
import { serviceClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';

/** Everything the first page of the dashboard shows, in one call: alerts, cron health, queue, builds, advisories. */
export function adminOverview(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'admin-overview',
    ways: [userJwt()],
    cors: true,
    body: z.strictObject({}),
    handle: async ({ caller }) => {
      await requireAdmin(caller, dependencies);
      return { body: await callRpc(serviceClient(dependencies), 'overview', AdminOverview) };
    },
  });
}
