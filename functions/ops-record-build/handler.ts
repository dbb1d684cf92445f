import * as z from 'zod';
import { RecordBuildRequest } from '../_shared/contracts/ops-record-build.ts';
import { serviceClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { unauthorized } from '../_shared/http/problem.ts';
import { githubRun } from './github-run.ts';

/**
 * A run of GitHub Actions writes to its build: it proves by its OIDC token which run it is, and the database compares that with
 * the build (ops.admit_build_writer). What it may write is fenced by its lease, as for every recorder.
 */
export function recordBuild(dependencies: Dependencies): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'ops-record-build',
    ways: [githubRun()],
    maxBytes: 8 * 1024 * 1024,
    body: RecordBuildRequest,
    handle: async ({ body, caller }) => {
      if (caller.kind !== 'github_run') throw unauthorized();
      return {
        body: await callRpc(serviceClient(dependencies), 'record_build_from_run', z.looseObject({}), {
          p_claims: caller.claims,
          p_request: body,
        }),
      };
    },
  });
}
