/** Keeps the catalog fresh: read at the start, again on `notify pgrst`, and again once the database is back. */
import { type Connection, openConnection } from '../../database/connection.ts';
import { DatabaseError } from '../../database/database-error.ts';
import type { Login } from '../../database/login.ts';
import type { Pool } from '../../database/pool.ts';
import type { Catalog } from './model.ts';
import { readCatalog } from './read-catalog.ts';

/** The catalog of a running gateway. */
export interface CatalogWatch {
  /** Null until it could be read. */
  readonly current: () => Catalog | null;
  readonly schemas: () => readonly string[];
  /** Serves other schemas from now on. */
  readonly expose: (schemas: readonly string[]) => Promise<void>;
  /** Reads it again. @throws what the pool throws; the old one then stays */
  readonly reload: () => Promise<void>;
  readonly stop: () => void;
}

const channel = 'pgrst';
const retryMs = { first: 100, most: 5_000 };

const onlyAsSuperuser = ': the Data API on this machine serves only when a superuser logs in for it';

function isDenied(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '42501';
}

/** Starts watching. `log` hears what went wrong. */
export async function watchCatalog(options: {
  readonly pool: Pool;
  readonly login: Login;
  readonly schemas: readonly string[];
  readonly log: (line: string) => void;
}): Promise<CatalogWatch> {
  let catalog: Catalog | null = null;
  let schemas = options.schemas;
  let listener: Connection | null = null;
  let stopped = false;
  let reading: Promise<void> | null = null;
  let again = false;
  let wait = retryMs.first;

  const readOnce = async (): Promise<void> => {
    do {
      again = false;
      catalog = await readCatalog(options.pool, schemas);
      options.pool.forgetStatements();
    } while (again);
  };
  /** Several wishes at once become one reading, and one more when the database changed meanwhile. */
  const reload = (): Promise<void> => {
    again = true;
    reading ??= readOnce().finally(() => {
      reading = null;
    });
    return reading;
  };
  let complaint = '';
  /** The same is said once, however often it is tried again. */
  const complain = (error: unknown): void => {
    const words = `${error instanceof Error ? error.message : String(error)}${isDenied(error) ? onlyAsSuperuser : ''}`;
    if (words !== complaint) options.log(`schema cache: ${words}`);
    complaint = words;
  };

  const listen = async (): Promise<void> => {
    if (stopped) return;
    try {
      listener = await openConnection(
        options.login,
        { application_name: 'opsroom rest listener' },
        {
          onClose: () => {
            listener = null;
            retryLater();
          },
          onNotify: (heard) => {
            if (heard === channel) reload().catch(complain);
          },
        },
      );
      await listener.run([{ text: `listen ${channel}`, values: [] }]);
      await reload();
      wait = retryMs.first;
      complaint = '';
    } catch (error) {
      complain(error);
      if (listener === null) retryLater();
      else listener.close();
    }
  };
  const retryLater = (): void => {
    if (stopped) return;
    setTimeout(() => void listen(), wait).unref();
    wait = Math.min(wait * 2, retryMs.most);
  };

  await listen();
  return {
    current: () => catalog,
    schemas: () => schemas,
    expose: async (wanted) => {
      schemas = wanted;
      // As with PostgREST the setting holds, whether or not the catalog can be read just now.
      await reload().catch(complain);
    },
    reload,
    stop: () => {
      stopped = true;
      listener?.close();
    },
  };
}
