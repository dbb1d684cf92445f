import type { Pool } from '../database/pool.ts';
import type { ProjectKeys } from '../keys.ts';
import type { TokenVerifier } from '../tokens.ts';

/** What the auth server works with. */
export interface AuthService {
  readonly pool: Pool;
  readonly keys: ProjectKeys;
  readonly tokens: TokenVerifier;
  readonly log: (line: string) => void;
}
