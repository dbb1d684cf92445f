import { afterAll, expect, it } from 'vitest';
import { createLineRedaction } from '../../../actions/_shared/builds/recorder/redact-lines.ts';
import { createTestDatabase } from '../../support/database.ts';

const database = await createTestDatabase(import.meta.url);
afterAll(() => database.drop());

it('a recorder cuts out what the database would', async () => {
  const parts = [
    'Bearer',
    'basic',
    'eyJhbGciOi',
    '.abc',
    '_x',
    'sk-',
    'ghp_',
    'github_pat_',
    'sbp_',
    'sb_secret_',
    'ort_',
    'a1b2c3d4e5f6g7h8',
    '://u:p@',
    'https',
    ' ',
    '%20',
    '"',
    ',',
    '=',
    'ü',
    '123456',
  ];
  let seed = 42;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const lines = Array.from({ length: 3000 }, () =>
    Array.from(
      { length: 1 + Math.floor(random() * 8) },
      () => parts[Math.floor(random() * parts.length)],
    ).join(''),
  );
  const rows = await database.sql<{ text: string }[]>`
    select ops.redact_text(l.line) as text from unnest(string_to_array(${lines.join('\n')}, E'\n')) with ordinality as l (line, n) order by n`;
  const ours = createLineRedaction().redact(lines.join('\n')).split('\n');
  const differing = rows.flatMap(({ text }, index) =>
    text === ours[index] ? [] : [{ line: lines[index], database: text, ours: ours[index] }],
  );
  expect(differing).toEqual([]);
  expect(ours.filter((line) => line.includes('[redacted]')).length).toBeGreaterThan(300);
});
