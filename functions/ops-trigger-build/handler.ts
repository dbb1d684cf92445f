import * as z from 'zod';
import { userJwt } from '../_shared/auth/ways-in.ts';
import { TriggerBuildAnswer, TriggerBuildRequest } from '../_shared/contracts/ops-trigger-build.ts';
import { serviceClient, userClient } from '../_shared/database/clients.ts';
import { callRpc, readRows } from '../_shared/database/rpc.ts';
import type { Dependencies } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { idempotencyKey } from '../_shared/http/idempotency-key.ts';
import { notFound, unauthorized } from '../_shared/http/problem.ts';
import { createPressDispatch } from './press-dispatch.ts';

const Created = z.array(TriggerBuildAnswer).length(1);
const Branches = z.array(z.object({ id: z.uuid() }));

/**
 * Trigger a build for a signed-in user. Whether the branch is one of the user's organisations the database says, under
 * the user's own role; the build, its place in the queue and its first event are then one transaction. Afterwards GitHub is asked
 * for a round of dispatching, where secrets say how (press-dispatch.ts).
 */
export function triggerBuild(dependencies: Dependencies): (request: Request) => Promise<Response> {
  const pressDispatch = createPressDispatch(dependencies);
  return endpoint(dependencies, {
    name: 'ops-trigger-build',
    ways: [userJwt()],
    cors: true,
    body: TriggerBuildRequest,
    handle: async ({ body, caller, request, log }) => {
      if (caller.kind !== 'user') throw unauthorized();
      const visible = await readRows(
        userClient(dependencies, caller.jwt)
          .from('branches')
          .select('id')
          .eq('id', body.branch_id)
          .eq('project_id', body.project_id)
          .limit(1),
        Branches,
      );
      if (visible.length === 0) throw notFound('branch');
      const key = idempotencyKey(request);
      const [build] = await callRpc(serviceClient(dependencies), 'create_build', Created, {
        p_branch_id: body.branch_id,
        p_trigger: 'api',
        p_requested_by: caller.userId,
        p_commit_sha: body.commit_sha ?? null,
        p_inputs: body.inputs,
        // A key of one user says nothing to another.
        p_idempotency_key: key === undefined ? null : `${caller.userId}:${key}`,
      });
      log.info('build queued', { build_id: build?.build_id });
      if (build?.status === 'queued') await pressDispatch(log);
      return { status: 201, body: build };
    },
  });
}
