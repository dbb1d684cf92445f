import { describe, expect, it } from 'vitest';
import type { MigrationFile } from '../../../actions/_shared/declare/model.ts';
import { MigrationFailed } from '../../../actions/_shared/reconcile/migration-failed.ts';

const file: MigrationFile = {
  version: '20260101000000',
  name: 'add_thing',
  sql: 'select 1;\nselect nothing;\n',
  checksum: 'a'.repeat(64),
  file: 'migrations/20260101000000_add_thing.sql',
};

function refused(code: string, more: object = {}): unknown {
  return MigrationFailed.from(Object.assign(new Error('words of the server'), { code, ...more }), file);
}

describe('a migration the server refused', () => {
  it('is placed in its file, which is to be corrected', () => {
    expect(refused('42703', { position: '18' })).toMatchObject({
      message:
        'Migration migrations/20260101000000_add_thing.sql failed: words of the server (SQLSTATE 42703)',
      hint: expect.stringContaining('Correct the file'),
      diagnostics: [{ location: { file: file.file, line: 2, column: 8 } }],
    });
  });

  it.each(['53100', '53200', '58030'])(
    'for want of something the server needs (%s) is not blamed on it',
    (code) => {
      expect(refused(code)).toMatchObject({ hint: expect.stringContaining('The file is not to blame') });
    },
  );
});
