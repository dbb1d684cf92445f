import { createClient } from '@supabase/supabase-js';
import * as z from 'zod';
import { type Dependencies, Misconfigured, requireEnv } from '../dependencies.ts';

/** A client whose `rpc` and `from` speak to schema ops. */
export type OpsClient = ReturnType<typeof client>;

/** Past everything RLS guards: for what the caller was already found entitled to. */
export function serviceClient(dependencies: Dependencies): OpsClient {
  const { env } = dependencies;
  return keptClient(
    dependencies,
    firstKey(env, 'SUPABASE_SECRET_KEYS') ?? requireEnv(env, 'SUPABASE_SERVICE_ROLE_KEY'),
  );
}

/** Under the user's own role: the database decides what is visible. Never kept: it speaks for one request's user. */
export function userClient(dependencies: Dependencies, jwt: string): OpsClient {
  return client(dependencies, publishableKey(dependencies.env), jwt);
}

/** With the key that opens nothing. */
export function anonymousClient(dependencies: Dependencies): OpsClient {
  return keptClient(dependencies, publishableKey(dependencies.env));
}

/** By address and key: a client takes 0.15 ms to make, which is a third of the RPC it is made for. */
const kept = new WeakMap<Dependencies, Map<string, OpsClient>>();

/** A client that speaks for the project and holds no session, so that all requests of a process can share it. */
function keptClient(dependencies: Dependencies, key: string): OpsClient {
  const clients = kept.get(dependencies) ?? new Map<string, OpsClient>();
  kept.set(dependencies, clients);
  const name = `${requireEnv(dependencies.env, 'SUPABASE_URL')} ${key}`;
  const known = clients.get(name) ?? client(dependencies, key);
  clients.set(name, known);
  return known;
}

function client(dependencies: Dependencies, key: string, jwt?: string) {
  return createClient(requireEnv(dependencies.env, 'SUPABASE_URL'), key, {
    db: { schema: 'ops' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: dependencies.fetch,
      ...(jwt === undefined ? {} : { headers: { Authorization: `Bearer ${jwt}` } }),
    },
  });
}

function publishableKey(env: Dependencies['env']): string {
  return firstKey(env, 'SUPABASE_PUBLISHABLE_KEYS') ?? requireEnv(env, 'SUPABASE_ANON_KEY');
}

const NamedKeys = z.record(z.string(), z.string().min(1));

/** The key named `default`, else the first of the JSON object the platform sets. */
function firstKey(env: Dependencies['env'], name: string): string | undefined {
  const json = env(name);
  if (json === undefined) return undefined;
  const keys = NamedKeys.safeParse(safeParse(json));
  if (!keys.success) throw new Misconfigured(name);
  return keys.data.default ?? Object.values(keys.data)[0];
}

function safeParse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
