/** Handlers of Edge Functions on a database of their own, through the local gateway, called with real requests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import type { Dependencies } from '../../../functions/_shared/dependencies.ts';
import { createLog } from '../../../functions/_shared/log/log.ts';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { type Gateway, startGateway } from '../../../local/supabase/start.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

/** What the platform gives a function, plus what the test declares as its secrets. */
export interface FunctionFixture {
  readonly database: TestDatabase;
  readonly gateway: Gateway;
  /** Lines the functions logged so far. */
  readonly lines: readonly string[];
  readonly dependencies: (
    secrets?: Readonly<Record<string, string>>,
    more?: Partial<Dependencies>,
  ) => Dependencies;
  readonly userToken: (userId: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** @param file `import.meta.url` of the test */
export async function startFunctionFixture(file: string): Promise<FunctionFixture> {
  const database = await createTestDatabase(file);
  const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-functions-'));
  const gateway = await startGateway({
    superuserUrl: database.superuserUrl,
    database: database.name,
    connectAs: database.connectAs,
    stateFolder,
    schemas: ['public', 'ops'],
  });
  const lines: string[] = [];
  const platform: Readonly<Record<string, string>> = {
    SUPABASE_URL: gateway.url,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: gateway.keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: gateway.keys.secret }),
  };
  return {
    database,
    gateway,
    lines,
    dependencies: (secrets = {}, more = {}) => ({
      env: (name) => (secrets[name] ?? platform[name]) || undefined,
      fetch: globalThis.fetch,
      now: Date.now,
      log: createLog((line) => lines.push(line)),
      ...more,
    }),
    userToken: (userId) => mintUserToken(gateway.keys, { sub: userId }),
    close: async () => {
      await gateway.stop();
      await database.drop();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

/** A client with the secret key, to prepare and look. */
export function serviceRole({ gateway }: FunctionFixture) {
  return createClient(gateway.url, gateway.keys.secret, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
}

/** A POST as the platform hands it to a function. */
export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): Request {
  return new Request('http://127.0.0.1/function', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}
