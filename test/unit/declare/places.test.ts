import { describe, expect, it } from 'vitest';
import { readMarked } from './marked.ts';

const JOB = 'runbooks/cron/job.yaml';
const head = 'owner: "@a"\nschedule: "5 * * * *"\n';
const end = 'call: { enqueue: tidy }\n';

async function points(text: string, code: string): Promise<void> {
  const { marks, places, codes } = await readMarked(JOB, text);
  expect(places).toEqual(marks);
  expect(codes).toEqual(marks.map(() => code));
}

describe('a fault in SQL is shown where it stands in the file', () => {
  it.each([
    ['one line', 'select * from t wher §x'],
    ['single quotes, doubled inside', "'select ''a'', * from t wher §x'"],
    ['double quotes with escapes', String.raw`"select \"a\", '\U0001F98A', \u0031, * from t wher §x"`],
    ['plain text over lines', 'select *\n    from t\n    wher §x'],
    ['quoted text over lines', '"select *\n    from t\n\n    wher §x"'],
    ['lines joined by backslashes', '"select * \\\n    from t \\\n    wher §x"'],
    ['a word joined by a backslash', '"sel\\\n    ect * from t wher §x"'],
    ['a folded block', '>\n    select *\n    from t\n    wher §x'],
    ['a folded block with deeper lines', '>-\n    select *\n\n    from t\n      more\n    §wher x'],
    ['a folded block that begins blank', '>\n\n    select *\n    from t wher §x'],
    ['a block with its own indentation', '|2\n    select *\n    from t wher §x'],
    ['a block with a comment', '| # why\n    select *\n    from t wher §x'],
    ['the end of a block', '|\n    select (1 §+\n'],
    ['the end of a folded block', '>\n    select (1\n    §+\n'],
  ])('%s', async (_, sql) => {
    await points(`${head}call:\n  sql: ${sql}\n`, 'sql-syntax');
  });

  it.each(['|', '>', '>-'])('%s with Windows line ends, behind letters of many bytes', async (block) => {
    const text = `${head}call:\n  sql: ${block}\n    select '日本🦊'\n    from t wher §x\n`;
    await points(text.replaceAll('\n', '\r\n'), 'sql-syntax');
  });
});

describe('a fault in a schedule', () => {
  it.each([
    ['quoted with an escape', String.raw`"5 \x34 §8-2 * *"`],
    ['in a block', '|\n  5 4 §8-2 * *'],
    ['folded', '>-\n  5 4\n  §8-2 * *'],
    ['over lines', '5 4\n  §8-2 * *'],
  ])('%s', async (_, schedule) => {
    await points(`owner: "@a"\nschedule: ${schedule}\n${end}`, 'schedule-reversed-range');
  });

  it('an empty place in a list is at its comma', async () => {
    await points(`owner: "@a"\nschedule: "1,§,2 * * * *"\n${end}`, 'schedule-empty-item');
  });

  it('a block that ends with its line is no fault', async () => {
    await points(`owner: "@a"\nschedule: |\n  5 4 * * *\n${end}`, '');
  });
});

describe('a fault of the YAML itself', () => {
  it.each([
    ['a line indented too deep', 'retry:\n  attempts: 3\n    §backoff: 5s\n', 'yaml-indent'],
    ['an item of a list indented too little', 'list:\n  - 1\n §- 2\n', 'yaml-indent'],
    ['a quote that is never closed', 'description: §"open\nactive: true\n', 'yaml-syntax'],
    ['a brace that is never closed', 'retry: §{ attempts: 3\nactive: true\n', 'yaml-syntax'],
    ['the outer of two brackets', 'retry: §{ on: [5xx]\nactive: true\n', 'yaml-syntax'],
    ['an anchor before its value', 'retry: §&r { attempts: 3 }\n', 'yaml-alias'],
    ['a tag before its value', 'description: §!secret x\n', 'yaml-tag'],
    ['binary', 'description: §!!binary aGk=\n', 'yaml-tag'],
  ])('%s', async (_, text, code) => {
    const { marks, places, codes } = await readMarked(JOB, `${head}${end}${text}`);
    expect([places[0], codes[0]]).toEqual([marks[0], code]);
    expect(places).toHaveLength(1);
  });

  it('nesting without end is called that', async () => {
    const { codes, messages } = await readMarked(JOB, `${head}call: ${'{ a: '.repeat(20_000)}\n`);
    expect(codes).toEqual(['yaml-too-deep']);
    expect(messages.join()).not.toContain('call stack');
  });
});
