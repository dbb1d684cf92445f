/**
 * What the vitest process tells its workers about the one server of the run.
 */
import { createHash } from 'node:crypto';

/** Which server the tests run against, and how to log in; serializable. */
export interface TestServer {
  readonly source: 'embedded' | 'debian-15';
  readonly version: string;
  readonly port: number;
  readonly socketFolder: string;
  /** Of supabase_admin, postgres and authenticator. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Databases to clone: hosted's roles and extensions without and with our migrations. */
  readonly templates: { readonly bare: string; readonly migrated: string };
  /** Why the migrated template could not be made, or null. */
  readonly migrationError: string | null;
}

/** Data folders of test servers begin with this word of the checkout, followed by the pid of the process that made them. */
export function testFolderPrefix(): string {
  const checkout = createHash('sha256')
    .update(import.meta.url)
    .digest('hex')
    .slice(0, 8);
  return `opsroom-test-${checkout}-`;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null when the run has unit tests only. */
    testServer: TestServer | null;
  }
}

/** The server chosen by OPSROOM_TEST_SERVER. */
export function chosenSource(): 'embedded' | 'debian-15' {
  const chosen = process.env.OPSROOM_TEST_SERVER ?? 'embedded';
  if (chosen === 'embedded' || chosen === 'debian-15') return chosen;
  throw new Error(`OPSROOM_TEST_SERVER is "${chosen}"; it may be embedded or debian-15.`);
}
