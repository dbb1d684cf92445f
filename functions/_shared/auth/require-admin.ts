import * as z from 'zod';
import { userClient } from '../database/clients.ts';
import { callRpc } from '../database/rpc.ts';
import type { Dependencies } from '../dependencies.ts';
import { forbidden, unauthorized } from '../http/problem.ts';
import type { Caller } from './caller.ts';

/**
 * The user behind a call, who must be an admin of the control room. The database is asked under the user's own role.
 *
 * @returns the admin's user id
 * @throws HttpProblem 403 for any other user
 */
export async function requireAdmin(caller: Caller, dependencies: Dependencies): Promise<string> {
  if (caller.kind !== 'user') throw unauthorized();
  if (!(await callRpc(userClient(dependencies, caller.jwt), 'is_admin', z.boolean()))) throw forbidden();
  return caller.userId;
}
