import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { type Gateway, type GatewayOptions, startGateway } from '../../../local/supabase/start.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';

/** A gateway over a database of its own with the fixture's schema. */
export interface TestGateway extends Gateway {
  readonly database: TestDatabase;
  readonly stateFolder: string;
  /** What it complained about. */
  readonly log: readonly string[];
  /** The unmodified client. `key` is an API key, `token` speaks for a user. */
  readonly client: (key: string, token?: string) => SupabaseClient<Any, 'api'>;
  /** A plain request; the secret key unless `apikey` is given. */
  readonly send: (path: string, init?: RequestInit) => Promise<Sent>;
  readonly close: () => Promise<void>;
}

// The client's own types ask for a generated description of the database; without one its tables are this.
// biome-ignore lint/suspicious/noExplicitAny: the type parameter the library documents for an unknown schema
type Any = any;

/** An answer that was read. */
export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

/** @param file `import.meta.url` of the test */
export async function startTestGateway(
  file: string,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const database = await bareDatabase(file);
  await database.sql.unsafe(readFileSync(new URL('fixture.sql', import.meta.url), 'utf8')).simple();
  const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-gateway-'));
  const log: string[] = [];
  const gateway = await startGateway({
    superuserUrl: database.superuserUrl,
    database: database.name,
    connectAs: database.connectAs,
    stateFolder,
    schemas: ['api', 'public'],
    log: (line) => log.push(line),
    ...options,
  });
  return {
    ...gateway,
    database,
    stateFolder,
    log,
    client: (key, token) => clientFor(gateway.url, key, token),
    send: (path, init = {}) => send(gateway, path, init),
    close: async () => {
      await gateway.stop();
      await database.drop();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

function clientFor(url: string, key: string, token: string | undefined): SupabaseClient<Any, 'api'> {
  return createClient<Any, 'api'>(url, key, {
    db: { schema: 'api' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    ...(token === undefined ? {} : { global: { headers: { authorization: `Bearer ${token}` } } }),
  });
}

async function send(gateway: Gateway, path: string, init: RequestInit): Promise<Sent> {
  const headers = new Headers(init.headers);
  if (!headers.has('apikey')) headers.set('apikey', gateway.keys.secret);
  if (init.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  const response = await fetch(`${gateway.url}${path}`, { ...init, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parseOrNull(text) };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
