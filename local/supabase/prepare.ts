/** Makes in the database what hosted's services make for themselves: schemas auth and storage, and the catalog's event triggers. */
import { readFileSync } from 'node:fs';
import postgres from 'postgres';

const files = ['roles.sql', 'auth/auth.sql', 'storage/storage.sql', 'rest/watch.sql'];

/** Safe to repeat; what is there stays. A login that is no superuser changes nothing. */
export async function prepareServices(where: {
  readonly superuserUrl: string;
  readonly database: string;
}): Promise<void> {
  const sql = postgres(where.superuserUrl, {
    database: where.database,
    max: 1,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: 'opsroom prepare' },
  });
  try {
    const [row] = await sql<{ rolsuper: boolean }[]>`
      select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user`;
    if (row?.rolsuper !== true) return;
    await sql.begin(async (transaction) => {
      // Roles belong to the whole server: processes that prepare at once take turns.
      await transaction`select pg_catalog.pg_advisory_xact_lock(hashtext('opsroom.local_roles'))`;
      for (const file of files) {
        await transaction.unsafe(readFileSync(new URL(file, import.meta.url), 'utf8')).simple();
      }
    });
  } finally {
    await sql.end();
  }
}
