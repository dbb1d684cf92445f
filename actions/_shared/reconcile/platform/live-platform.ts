import type { Transaction } from '../../database/connect.ts';
import { type PlatformEntry, readPlatformEntries } from '../../database/platform-objects.ts';
import type { DesiredState, PlatformKind } from '../../declare/model.ts';
import { ConfigurationError } from '../../io/errors.ts';
import { readDataApi } from '../../supabase/data-api.ts';
import { type DeployedFunction, listFunctions } from '../../supabase/functions-api.ts';
import { ManagementApiError } from '../../supabase/management-client.ts';
import { type EdgeSecret, listSecrets } from '../../supabase/secrets-api.ts';
import { keptAlive } from './keep-alive.ts';
import type { Platform } from './platform.ts';

/** One moment of the platform: what is there, and what we remember of it. */
export interface LivePlatform {
  readonly functions: readonly DeployedFunction[];
  readonly secrets: readonly EdgeSecret[];
  /** Schemas the Data API exposes; null when no schema is declared, so that nobody asked. */
  readonly schemas: readonly string[] | null;
  readonly ledger: PlatformLedger;
}

/** By kind and name. */
export type PlatformLedger = Readonly<Record<PlatformKind, ReadonlyMap<string, PlatformEntry>>>;

/**
 * Ask the Management API what is there: three requests at most, and none for what nobody declares and nobody deployed. The
 * transaction is kept alive meanwhile, because the answers may take longer than a server waits.
 *
 * @throws ConfigurationError when the API can't be asked, or refuses
 */
export async function readPlatform(
  tx: Transaction,
  from: {
    readonly platform: Platform;
    readonly desired: DesiredState;
    /** False before the first apply: nothing is remembered then. */
    readonly hasLedger: boolean;
  },
): Promise<LivePlatform> {
  const { desired, hasLedger, platform } = from;
  const ledger = byKind(hasLedger ? await readPlatformEntries(tx) : []);
  return { ledger, ...(await keptAlive(tx, () => ask(platform, desired, ledger))) };
}

async function ask(
  { client }: Platform,
  desired: DesiredState,
  ledger: PlatformLedger,
): Promise<Omit<LivePlatform, 'ledger'>> {
  const { apiSchemas = [] } = desired.environment;
  const asksFunctions = desired.functions.length > 0 || ledger.function.size > 0;
  const asksSecrets = desired.edgeSecrets.length > 0 || ledger.edge_secret.size > 0;
  try {
    const [functions, secrets, api] = await Promise.all([
      asksFunctions ? listFunctions(client) : [],
      asksSecrets ? listSecrets(client) : [],
      apiSchemas.length > 0 ? readDataApi(client) : null,
    ]);
    return { functions, secrets, schemas: api?.schemas ?? null };
  } catch (error) {
    if (!(error instanceof ManagementApiError)) throw error;
    throw new ConfigurationError(`${error.message}.`, {
      hint: 'Try again; https://status.supabase.com says whether Supabase knows of a problem.',
      cause: error,
    });
  }
}

function byKind(entries: readonly PlatformEntry[]): PlatformLedger {
  const of = (kind: PlatformKind): ReadonlyMap<string, PlatformEntry> =>
    new Map(entries.filter((entry) => entry.kind === kind).map((entry) => [entry.name, entry]));
  return { edge_secret: of('edge_secret'), api_schemas: of('api_schemas'), function: of('function') };
}

/** Names with the digest of what we applied, as comparing wants it. */
export function digestsOf(entries: ReadonlyMap<string, PlatformEntry>): ReadonlyMap<string, string> {
  return new Map([...entries].map(([name, { digest }]) => [name, digest]));
}
