/**
 * The Supabase side of the control room on a laptop: gateway (Data API, auth, storage), the Management API and the
 * functions deployed through it, and the systems the functions call. Everything here is a stand-in and says so.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { SocketLogin } from './postgres/cluster.ts';
import { keptSecret } from './secrets.ts';
import { stablePorts } from './stable-ports.ts';
import type { StateFolder } from './state-folder.ts';
import { createFunctionsHost, type FunctionsHost } from './supabase/functions/host.ts';
import { type ProjectKeys, projectKeys } from './supabase/keys.ts';
import { deployedFunctions, deployedSecrets } from './supabase/management/deployed-functions.ts';
import { type ManagementApi, startManagementApi } from './supabase/management/server.ts';
import { type Gateway, startGateway } from './supabase/start.ts';
import { startGamePlatform } from './upstreams/game-platform.ts';
import { startOdoo } from './upstreams/odoo.ts';
import { sampleActivities } from './upstreams/sample-activities.ts';

/** Twenty lower-case letters, as every project ref. */
export const LOCAL_REF = 'opsroomlocallaptopxx';

/** A running local project. */
export interface LocalProject {
  readonly ref: string;
  /** What SUPABASE_URL would be. */
  readonly url: string;
  readonly keys: ProjectKeys;
  readonly gateway: Gateway;
  readonly host: FunctionsHost;
  readonly management: ManagementApi;
  /** A token the Management API lets in. */
  readonly accessToken: string;
  /** Addresses and keys of this project and of the systems its functions call, by name of the secret that holds them. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** How many files the Odoo stand-in holds: enough to watch a batch migration for some minutes. */
const odooFiles = 400;

/** Start everything on 127.0.0.1. What was started is stopped again when something of it fails. */
export async function startLocalProject(options: {
  readonly superuserUrl: string;
  readonly database: string;
  readonly databaseUrl: string;
  readonly connectAs?: (database: string, role: string) => SocketLogin;
  readonly state: StateFolder;
  /** Variables functions get beside their secrets; a secret of the same name wins. */
  readonly platform?: () => Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}): Promise<LocalProject> {
  const stack: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of stack.splice(0).reverse()) await close();
  };
  const started = <Part>(part: Part, close: () => Promise<void>): Part => {
    stack.push(close);
    return part;
  };
  try {
    return await start();
  } catch (error) {
    await stop();
    throw error;
  }

  async function start(): Promise<LocalProject> {
    const folder = path.join(options.state.path, 'supabase');
    const keys = await projectKeys(folder);
    const ports = await stablePorts(options.state, ['gateway', 'management', 'odoo', 'games']);
    const odooKey = keptSecret(options.state, 'odoo_api_key');
    const platformToken = keptSecret(options.state, 'game_platform_token');
    const odoo = await startOdoo({ files: odooFiles, key: odooKey, port: ports.odoo });
    started(odoo, odoo.close);
    const games = await startGamePlatform({
      token: platformToken,
      port: ports.games,
      played: (competitor) => sampleActivities(competitor, new Date()),
    });
    started(games, games.close);
    let gateway: Gateway | undefined;
    const management = await startManagementApi({
      stateFolder: path.join(folder, 'management'),
      ref: LOCAL_REF,
      port: ports.management,
      // A laptop asks as often as it likes.
      limit: 10_000,
      apiKeys: keys,
      databaseUrl: options.databaseUrl,
      onPostgrestConfig: async (config) => gateway?.expose(schemasOf(config)),
    });
    started(management, management.stop);
    const accessToken = `sbp_${randomBytes(20).toString('hex')}`;
    management.allow(accessToken);
    let url = '';
    const host = createFunctionsHost({
      source: deployedFunctions(management.store, LOCAL_REF),
      stateFolder: path.join(folder, 'functions'),
      keys,
      project: () => ({ ref: LOCAL_REF, url, databaseUrl: options.databaseUrl, region: 'local' }),
      env: () => ({ ...options.platform?.(), ...deployedSecrets(management.store, LOCAL_REF) }),
    });
    started(host, host.stop);
    const stored = management.store.project(LOCAL_REF);
    gateway = await startGateway({
      superuserUrl: options.superuserUrl,
      database: options.database,
      connectAs: options.connectAs,
      stateFolder: folder,
      port: ports.gateway,
      functions: host,
      ...(stored === null ? {} : { schemas: schemasOf(stored.postgrest) }),
      issuedKeys: () => ({
        keys: stored?.apiKeys ?? [],
        legacyDisabledAt: stored?.legacyKeysDisabledAt ?? null,
      }),
      log: options.log,
    });
    started(gateway, gateway.stop);
    url = gateway.url;
    return {
      ref: LOCAL_REF,
      url,
      keys,
      gateway,
      host,
      management,
      accessToken,
      secrets: {
        project_url: url,
        anon_key: keys.publishable,
        job_queue_worker_endpoint: `${url}/functions/v1/job-worker`,
        odoo_url: odoo.url,
        odoo_api_key: odooKey,
        game_platform_url: games.url,
        game_platform_token: platformToken,
      },
      stop,
    };
  }
}

/** What the Data API serves, as its setting says it. */
function schemasOf({ db_schema }: { readonly db_schema: string }): string[] {
  return db_schema.split(',').map((schema) => schema.trim());
}
