/** Functions as the platform runs them: real Deno processes behind the local gateway, for tests and benches. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import type { SocketLogin } from '../../../local/postgres/cluster.ts';
import { folderFunctions } from '../../../local/supabase/functions/folder-functions.ts';
import { createFunctionsHost, type FunctionsHost } from '../../../local/supabase/functions/host.ts';
import { type ProjectKeys, projectKeys } from '../../../local/supabase/keys.ts';
import { type Gateway, startGateway } from '../../../local/supabase/start.ts';
import { denoFolder } from '../../support/supabase/functions-host.ts';

/** The folder of this repository's functions. */
export const functionsFolder = join(import.meta.dirname, '../../../functions');

/** A running project. */
export interface ServedProject {
  readonly gateway: Gateway;
  readonly host: FunctionsHost;
  readonly keys: ProjectKeys;
  /** Past row level security, to prepare and look. */
  readonly service: ReturnType<typeof connect>;
  /** What a browser has: the key that opens nothing. */
  readonly anonymous: ReturnType<typeof connect>;
  readonly url: (slug: string) => string;
  readonly stop: () => Promise<void>;
}

/** What this repository declares for production. @throws Error when a declaration is wrong */
export async function declaredState(): Promise<DesiredState> {
  const { diagnostics, resolve } = await loadDeclarations({
    root: join(functionsFolder, '..'),
    cache: false,
  });
  const [wrong] = diagnostics.filter(({ severity }) => severity === 'error');
  if (wrong !== undefined) throw new Error(wrong.message);
  return resolve('production');
}

/**
 * @param options.folder default: the real functions
 * @param options.verifyJwt what the gateway checks of a function
 * @param options.secrets the functions' environment; a change starts them anew
 */
export async function serveProject(options: {
  readonly superuserUrl: string;
  readonly database: string;
  readonly connectAs: (database: string, role: string) => SocketLogin;
  readonly folder?: string;
  readonly verifyJwt: (slug: string) => boolean;
  readonly secrets: () => Readonly<Record<string, string>>;
}): Promise<ServedProject> {
  const { superuserUrl, database, connectAs, folder = functionsFolder, verifyJwt, secrets } = options;
  const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-served-'));
  const keys = await projectKeys(stateFolder);
  let url = '';
  const host = createFunctionsHost({
    source: await folderFunctions({ folder, settings: (slug) => ({ verifyJwt: verifyJwt(slug) }) }),
    stateFolder,
    keys,
    project: () => ({ ref: 'opsroomservedproject', url, databaseUrl: null }),
    env: secrets,
    denoFolder,
  });
  const gateway = await startGateway({
    superuserUrl,
    database,
    connectAs,
    stateFolder,
    functions: host,
  });
  url = gateway.url;
  return {
    gateway,
    host,
    keys,
    service: connect(url, keys.secret),
    anonymous: connect(url, keys.publishable),
    url: (slug) => `${url}/functions/v1/${slug}`,
    stop: async () => {
      await gateway.stop();
      await host.stop();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

function connect(url: string, key: string) {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
}
