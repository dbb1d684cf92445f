import type { Pool } from '../database/pool.ts';
import type { Incoming } from '../http/message.ts';
import type { ProjectKeys } from '../keys.ts';
import type { TokenVerifier } from '../tokens.ts';
import type { Access } from './access.ts';
import type { Files } from './files.ts';

/** What the storage server works with. */
export interface StorageService {
  readonly pool: Pool;
  readonly keys: ProjectKeys;
  readonly tokens: TokenVerifier;
  readonly files: Files;
  readonly fileSizeLimit: number;
}

/** One request with its way to the database. */
export interface Turn {
  readonly service: StorageService;
  readonly request: Incoming;
  readonly query: URLSearchParams;
  readonly access: Access;
}
