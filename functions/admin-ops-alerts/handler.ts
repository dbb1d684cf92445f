import * as z from 'zod';
import { requireAdmin } from '../_shared/auth/require-admin.ts';
import { userJwt } from '../_shared/auth/ways-in.ts';
import { AdminOpsAlertsRequest, Alert } from '../_shared/contracts/admin-ops-alerts.ts';
import { serviceClient } from '../_shared/database/clients.ts';
import { callPublicRpc, callRpc } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';

/** Alerts for the admin dashboard: list, resolve one, resolve all, and fire the OpenRouter check now. */
export function adminOpsAlerts(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'admin-ops-alerts',
    ways: [userJwt()],
    cors: true,
    body: AdminOpsAlertsRequest,
    handle: async ({ body, caller }) => {
      const admin = await requireAdmin(caller, dependencies);
      const client = serviceClient(dependencies);
      const by = { p_resolved_by: admin };
      switch (body.action) {
        case 'list': {
          const alerts = await callPublicRpc(client, 'ops_alert_list_active_v1', z.array(Alert), {
            p_limit: body.limit,
            p_before_id: body.before_id ?? null,
            p_kind: body.kind ?? null,
          });
          const last = alerts.at(-1)?.id;
          return { body: { alerts, next_before_id: alerts.length === body.limit ? last : null } };
        }
        case 'resolve': {
          const reason = { p_reason: body.reason ?? null };
          const resolved =
            body.id === undefined
              ? await callPublicRpc(client, 'ops_alert_resolve_by_dedupe_key_v1', z.boolean(), {
                  p_dedupe_key: body.dedupe_key,
                  ...by,
                  ...reason,
                })
              : await callPublicRpc(client, 'ops_alert_resolve_v1', z.boolean(), {
                  p_id: body.id,
                  ...by,
                  ...reason,
                });
          return { body: { resolved } };
        }
        case 'resolve_all': {
          const count = await callPublicRpc(client, 'ops_alert_resolve_all_v1', z.number(), {
            ...by,
            p_reason: body.reason ?? null,
            p_kind: body.kind ?? null,
          });
          return { body: { resolved: count } };
        }
        case 'check_openrouter': {
          const run = await callRpc(client, 'fire_now', z.number(), {
            p_job: 'openrouter-health-check',
            p_actor: `user ${admin}`,
          });
          return { status: 202, body: { run_id: run } };
        }
      }
    },
  });
}
