/** The function ops-record-build for tests of workflows: its own handler in this process, behind the local gateway. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLog } from '../../functions/_shared/log/log.ts';
import { recordBuild } from '../../functions/ops-record-build/handler.ts';
import type { ProjectKeys } from '../../local/supabase/keys.ts';
import { startGateway } from '../../local/supabase/start.ts';
import type { WorkflowWorld } from './workflow-world.ts';

/** The function, and the Data API beside it. */
export interface RecordFunction {
  /** What SUPABASE_URL is set to. */
  readonly url: string;
  readonly keys: ProjectKeys;
  /** What the function logged. */
  readonly lines: readonly string[];
}

/** Serves it as long as the world is there, trusts the OIDC tokens of its GitHub, and tells its workflows where it is. */
export async function serveRecordFunction(world: WorkflowWorld): Promise<RecordFunction> {
  const { database, github } = world;
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'opsroom-record-'));
  const lines: string[] = [];
  const variables = new Map([['OPS_OIDC_ISSUER', github.oidcIssuer]]);
  const handle = recordBuild({
    env: (name) => variables.get(name),
    fetch: globalThis.fetch,
    now: Date.now,
    log: createLog((line) => lines.push(line)),
  });
  const gateway = await startGateway({
    superuserUrl: database.superuserUrl,
    database: database.name,
    connectAs: database.connectAs,
    stateFolder,
    schemas: ['public', 'ops'],
    functions: handle,
  });
  variables.set('SUPABASE_URL', gateway.url);
  variables.set('SUPABASE_SECRET_KEYS', JSON.stringify({ default: gateway.keys.secret }));
  github.settle({ variables: { OPS_RECORD_BUILD_URL: `${gateway.url}/functions/v1/ops-record-build` } });
  world.beforeStop(async () => {
    await gateway.stop();
    rmSync(stateFolder, { recursive: true, force: true });
  });
  return { url: gateway.url, keys: gateway.keys, lines };
}
