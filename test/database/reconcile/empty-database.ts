import { bareDatabase, type TestDatabase, testServer } from '../../support/database.ts';
import { createRunningDatabase } from '../../support/real-cluster.ts';

/**
 * A database with hosted's roles and extensions and nothing of ours. With OPSROOM_TEST_SERVER=debian-15 it has real
 * pg_cron, which works in one database of a server only, so the file gets a server of its own.
 */
export function emptyDatabase(file: string): Promise<TestDatabase> {
  return testServer().source === 'debian-15'
    ? createRunningDatabase(file, { migrations: false })
    : bareDatabase(file);
}
