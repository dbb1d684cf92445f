import { errorCode, isConnectionLost, LOCK_NOT_AVAILABLE } from '../database/connection-errors.ts';
import { HELD_LOCK } from '../database/explain-database-error.ts';
import type { MigrationFile } from '../declare/model.ts';
import { ConfigurationError, errorMessage } from '../io/errors.ts';
import { redactSecrets } from './redact.ts';

/** A migration the server refused: which file, which line, what it said. */
export class MigrationFailed extends ConfigurationError {
  /** Place an error of the server in the file it came from; a lost connection stays what it is. */
  static from(error: unknown, file: MigrationFile): unknown {
    if (isConnectionLost(error)) return error;
    const message = errorMessage(error);
    const code = errorCode(error);
    const location = { file: file.file, ...placeOf(error, file.sql) };
    return new MigrationFailed(
      `Migration ${file.file} failed: ${redactSecrets(message)}${code === undefined ? '' : ` (SQLSTATE ${code})`}`,
      {
        hint: `Nothing of this apply was kept. ${remedy(code)}`,
        diagnostics: [
          { severity: 'error', code: 'migration-failed', message: redactSecrets(message), location },
        ],
      },
    );
  }
}

/** Class 53 (disk, memory, connections) and 58 (the system under the server): nothing the file can do about. */
const SERVER_TROUBLE = /^5[38]/;

function remedy(code: string | undefined): string {
  if (SERVER_TROUBLE.test(code ?? ''))
    return 'The file is not to blame: give the server what it lacks and apply again';
  if (code !== LOCK_NOT_AVAILABLE) return 'Correct the file and apply again';
  return `${HELD_LOCK}. To wait longer, begin the file with set local lock_timeout`;
}

/** The server counts characters of the whole text it was sent. */
function placeOf(error: unknown, sql: string): { readonly line: number; readonly column: number } {
  const position =
    typeof error === 'object' && error !== null && 'position' in error ? Number(error.position) : Number.NaN;
  if (!Number.isInteger(position) || position < 1) return { line: 1, column: 1 };
  const before = [...sql].slice(0, position - 1).join('');
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
