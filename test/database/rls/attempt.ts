/** Trying something for real and leaving no trace of it. */
import postgres, { type TransactionSql } from 'postgres';

/** What became of an attempt. */
export type Outcome =
  | { readonly kind: 'done'; readonly count: number; readonly rows: readonly Record<string, unknown>[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

class Undo extends Error {}

/** Runs a statement in a savepoint that is always rolled back; settings made in it go too. @throws what is no answer of the server. */
export async function attempt(
  sql: TransactionSql,
  act: (inner: TransactionSql) => Promise<postgres.RowList<postgres.Row[]>>,
): Promise<Outcome> {
  const box: { outcome?: Outcome } = {};
  try {
    await sql.savepoint(async (inner) => {
      box.outcome = await outcomeOf(act(inner));
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  if (box.outcome === undefined) throw new Error('The savepoint ran nothing.');
  return box.outcome;
}

async function outcomeOf(work: Promise<postgres.RowList<postgres.Row[]>>): Promise<Outcome> {
  try {
    const rows = await work;
    return { kind: 'done', count: rows.count ?? rows.length, rows: [...rows] };
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    return { kind: 'failed', code: error.code, message: error.message };
  }
}
