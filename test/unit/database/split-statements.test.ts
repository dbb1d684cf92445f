import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { splitStatements } from '../../../actions/_shared/database/split-statements.ts';

const folder = new URL('../../fixtures/migrations-like-supabase/', import.meta.url);
const recorded = z
  .array(z.object({ version: z.string(), name: z.string(), statements: z.array(z.string()) }))
  .parse(JSON.parse(readFileSync(new URL('recorded-by-supabase-cli-3.1.0.json', folder), 'utf8')));

describe('statements of a migration', () => {
  it.each(recorded)('of $name are the rows `supabase db push` wrote', ({ version, name, statements }) => {
    const text = new TextDecoder().decode(readFileSync(new URL(`${version}_${name}.sql`, folder)));
    expect(splitStatements(text)).toEqual(statements);
  });

  it('has a recording for every file', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
    expect(files.sort()).toEqual(recorded.map((row) => `${row.version}_${row.name}.sql`));
  });

  it.each([
    ['', []],
    [' ;\n; ;', []],
    ['select 1', ['select 1']],
    ['select 1;;select 2;', ['select 1', 'select 2']],
    ["select 'unclosed; text", ["select 'unclosed; text"]],
    ['select $a$ unclosed; ', ['select $a$ unclosed;']],
    ['/* unclosed ; ', ['/* unclosed ;']],
    ['select 1 - - 2; select 3 / 4;', ['select 1 - - 2', 'select 3 / 4']],
    ["select 'a\\'; select 'b';", ["select 'a\\'", "select 'b'"]],
    ["select e'a\\'; b'; select 2", ["select e'a\\'; b'", 'select 2']],
    ['create table begin_atomic(x int); select 1', ['create table begin_atomic(x int)', 'select 1']],
  ])('%j', (text, statements) => {
    expect(splitStatements(text)).toEqual(statements);
  });
});
