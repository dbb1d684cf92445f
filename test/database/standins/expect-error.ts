import postgres from 'postgres';

/** What PostgreSQL says about a failure, as far as tests look. */
export interface DatabaseError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
}

/** The error a statement fails with. @throws Error when it does not fail. */
export async function errorOf(statement: PromiseLike<unknown>): Promise<DatabaseError> {
  try {
    await statement;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint, detail: error.detail };
  }
  throw new Error('The statement was expected to fail and did not.');
}
