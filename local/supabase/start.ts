/** The local Supabase: a stand-in for the Data API, auth and storage behind one address, and the functions beside them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SocketLogin } from '../postgres/cluster.ts';
import type { IssuedKeys } from './api-keys.ts';
import { createAuth } from './auth/handler.ts';
import { loginAs } from './database/login.ts';
import { createPool } from './database/pool.ts';
import { type FunctionsService, gatewayMounts } from './gateway.ts';
import { listen } from './http/server.ts';
import { type ProjectKeys, projectKeys } from './keys.ts';
import { prepareServices } from './prepare.ts';
import { watchCatalog } from './rest/catalog/watch.ts';
import { serveRest } from './rest/handler.ts';
import { createStorage } from './storage/handler.ts';
import { createTokenVerifier } from './tokens.ts';

/** What `startGateway` is told. */
export interface GatewayOptions {
  /** Login of a superuser; the database of its path does not matter. */
  readonly superuserUrl: string;
  readonly database: string;
  /** How to log in as a role without a password; without it the superuser takes the roles on. */
  readonly connectAs?: ((database: string, role: string) => SocketLogin) | undefined;
  /** Where keys and files are kept. */
  readonly stateFolder: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Serves /functions/v1. */
  readonly functions?: FunctionsService;
  /** Keys made through the Management API, and whether it shut out the legacy ones. */
  readonly issuedKeys?: () => IssuedKeys;
  /** Schemas the Data API serves, the first by default. Default public and ops. */
  readonly schemas?: readonly string[];
  /** Most rows of an answer of the Data API; null for no limit. Default 1000, as hosted. */
  readonly maxRows?: number | null;
  /** Most connections to the database. Default 10. */
  readonly connections?: number;
  /** Most bytes of a stored file. Default 50 MiB, as hosted's free plan. */
  readonly fileSizeLimit?: number;
  readonly log?: (line: string) => void;
}

/** A running gateway. */
export interface Gateway {
  /** What SUPABASE_URL is set to. */
  readonly url: string;
  readonly keys: ProjectKeys;
  /** The schemas the Data API serves. */
  readonly schemas: () => readonly string[];
  /** Serves other schemas from now on. */
  readonly expose: (schemas: readonly string[]) => Promise<void>;
  /** Reads the catalog again; a `notify pgrst` does the same. */
  readonly reload: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Hosted's limit for the role the Data API logs in as. */
const statementTimeout = '8s';

/** Prepares the database and starts to serve. @throws when the database cannot be reached or prepared */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const log = options.log ?? (() => {});
  const fileSizeLimit = options.fileSizeLimit ?? 50 * 1_024 * 1_024;
  mkdirSync(options.stateFolder, { recursive: true });
  await prepareServices(options);
  const keys = await projectKeys(options.stateFolder);
  const tokens = createTokenVerifier(keys);
  const poolFor = (role: string, max: number, application: string) =>
    createPool({
      login: loginAs(role, options),
      max,
      waitMs: 10_000,
      settings: { statement_timeout: statementTimeout, application_name: application },
    });
  const pool = poolFor('authenticator', options.connections ?? 10, 'opsroom rest');
  const authPool = poolFor('supabase_auth_admin', 2, 'opsroom auth');
  const storagePool = poolFor('supabase_storage_admin', 4, 'opsroom storage');
  const watch = await watchCatalog({
    pool,
    login: loginAs('authenticator', options),
    schemas: options.schemas ?? ['public', 'ops'],
    log,
  });
  const auth = createAuth({ pool: authPool, keys, tokens, log });
  const storage = createStorage({
    pool: storagePool,
    keys,
    tokens,
    folder: join(options.stateFolder, 'storage'),
    fileSizeLimit,
    log,
  });
  const maxRows = options.maxRows === undefined ? 1_000 : options.maxRows;
  const server = await listen({
    port: options.port ?? 0,
    log,
    mounts: gatewayMounts(
      keys,
      {
        rest: (request, caller) => serveRest({ pool, watch, tokens, maxRows, log }, request, caller),
        auth,
        storage,
        fileSizeLimit,
        ...(options.functions === undefined ? {} : { functions: options.functions }),
      },
      options.issuedKeys,
    ),
  });
  return {
    url: server.url,
    keys,
    schemas: watch.schemas,
    expose: watch.expose,
    reload: watch.reload,
    stop: async () => {
      watch.stop();
      await server.stop();
      for (const each of [pool, authPool, storagePool]) each.close();
    },
  };
}
