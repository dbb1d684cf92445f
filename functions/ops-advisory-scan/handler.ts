import { jobToken, runToken, secretKey } from '../_shared/auth/ways-in.ts';
import { AdvisoryScanAnswer, AdvisoryScanRequest } from '../_shared/contracts/ops-advisory-scan.ts';
import { serviceClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';

/** Look for advice in every project, and take back what no longer applies. */
export function scanAdvisories(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'ops-advisory-scan',
    ways: [
      jobToken({ header: 'x-ops-advisory-token', secret: 'OPS_ADVISORY_SCAN_TOKEN' }),
      secretKey(),
      runToken({ function: 'ops-advisory-scan' }),
    ],
    timeBox: 55_000,
    body: AdvisoryScanRequest,
    handle: async ({ body, log }) => {
      const answer = await callRpc(serviceClient(dependencies), 'scan_advisories', AdvisoryScanAnswer, {
        p_quiet_days: body.quiet_days,
      });
      log.info('scanned', answer);
      return { body: answer };
    },
  });
}
