/**
 * Applies our migrations to a test database, as role postgres, the way hosted does: each file in one transaction.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import postgres from 'postgres';

const folder = new URL('../../migrations/', import.meta.url);

/** Applies `migrations/*.sql` in order. @throws Error that names the file. */
export async function applyMigrations(url: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    for (const name of names) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      try {
        await sql.begin((transaction) => transaction.unsafe(text).simple());
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`migrations/${name} failed: ${message}`, { cause });
      }
    }
  } finally {
    await sql.end();
  }
}
