/** Reads `migrations/`: forward only, `<version>_<name>.sql`, in the order of their versions. */
import { hash } from 'node:crypto';
import { isEditorsOwn } from './editors-own.ts';
import type { FileReader } from './file-reader.ts';
import type { Diagnostic, MigrationFile } from './model.ts';

const FOLDER = 'migrations';
const decoder = new TextDecoder();
const FILE_NAME = /^(\d{14})_([a-z0-9][a-z0-9_]*)\.sql$/;

/** All migrations in order, and what is wrong with the folder. */
export function readMigrations(reader: FileReader): {
  readonly migrations: readonly MigrationFile[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const migrations: MigrationFile[] = [];
  const diagnostics: Diagnostic[] = [];
  const byVersion = new Map<string, string>();
  for (const entry of reader.list(FOLDER)) {
    const file = `${FOLDER}/${entry.name}`;
    const fail = (code: string, message: string, hint: string): void => {
      diagnostics.push({
        severity: 'error',
        code,
        message: `${file} ${message}`,
        hint,
        location: { file, line: 1, column: 1 },
      });
    };
    if (entry.name.startsWith('.') || entry.name.endsWith('.md') || isEditorsOwn(entry.name)) continue;
    const match = FILE_NAME.exec(entry.name);
    const [, version, name] = match ?? [];
    if (entry.type !== 'file' || version === undefined || name === undefined) {
      fail(
        'migration-name',
        'is not read as a migration',
        'Name it YYYYMMDDHHmmss_verb_object.sql, in lower case, directly in migrations/.',
      );
      continue;
    }
    const twin = byVersion.get(version);
    if (twin !== undefined) {
      fail(
        'migration-version',
        `has the same version as ${twin}`,
        'Give it a later version: each is applied once.',
      );
      continue;
    }
    byVersion.set(version, entry.name);
    const bytes = reader.read(file);
    if (bytes === undefined) continue;
    if (isBlank(bytes))
      fail(
        'migration-empty',
        'is empty',
        'Write its statements, or remove it before it is applied anywhere.',
      );
    migrations.push(migrationFile({ version, name, file }, bytes));
  }
  return { migrations, diagnostics };
}

/** Text and checksum are made when they are asked for: who only checks the files needs neither. */
function migrationFile(
  { version, name, file }: Pick<MigrationFile, 'version' | 'name' | 'file'>,
  bytes: Uint8Array,
): MigrationFile {
  let sql: string | undefined;
  let checksum: string | undefined;
  return {
    version,
    name,
    get sql() {
      sql ??= decoder.decode(bytes);
      return sql;
    },
    get checksum() {
      checksum ??= hash('sha256', bytes, 'hex');
      return checksum;
    },
    file,
  };
}

function isBlank(bytes: Uint8Array): boolean {
  const isPrinted = (byte: number): boolean => byte > 0x20 && byte < 0x7f;
  return !bytes.some(isPrinted) && !/\S/.test(decoder.decode(bytes));
}
