import { describe, expect, it } from 'vitest';
import { errorMessage, successMessage } from '../../../local/standins/libpq-message.ts';
import { createReader } from '../../../local/standins/wire-tap.ts';

function message(kind: string, body = ''): Buffer {
  const bytes = Buffer.from(body, 'utf8');
  const header = Buffer.alloc(5);
  header.write(kind, 0, 'latin1');
  header.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

const stream = Buffer.concat([
  message('R', '\0\0\0\0'),
  message('T', 'columns'),
  message('D', 'row'),
  message('D', 'another row'),
  message('C', 'SELECT 2\0'),
  message('C', 'INSERT 0 7\0'),
  message('Z', 'I'),
]);

describe('reading along', () => {
  it('finds the last statement however the stream is cut', () => {
    for (const size of [1, 2, 3, 7, 50, stream.length]) {
      const reader = createReader();
      for (let from = 0; from < stream.length; from += size) reader.read(stream.subarray(from, from + size));
      expect(reader.lastOutcome()).toEqual({ tag: 'INSERT 0 7', rows: null });
    }
  });

  it('counts rows, also none', () => {
    const reader = createReader();
    reader.read(Buffer.concat([message('T', 'x'), message('C', 'SELECT 0\0')]));
    expect(reader.lastOutcome()).toEqual({ tag: 'SELECT 0', rows: 0 });
  });

  it('knows the empty statement', () => {
    const reader = createReader();
    reader.read(message('I'));
    expect(reader.lastOutcome()).toEqual({ tag: undefined, rows: null });
  });
});

describe('the words of libpq', () => {
  it.each([
    [{ tag: 'SELECT 3', rows: 3 }, '3 rows'],
    [{ tag: 'INSERT 0 1', rows: 1 }, '1 row'],
    [{ tag: 'INSERT 0 2', rows: null }, 'INSERT 0 2'],
    [{ tag: 'DO', rows: null }, 'DO'],
    [undefined, '0 rows'],
  ])('%j is %s', (outcome, expected) => {
    expect(successMessage(outcome)).toBe(expected);
  });

  it('point at the place in the statement', () => {
    const error = { severity: 'ERROR', message: 'no', position: '10', hint: 'h', where: 'w', detail: 'd' };
    expect(errorMessage(error, 'select 1\n\tx')).toBe(
      'ERROR:  no\nLINE 2:  x\n        ^\nDETAIL:  d\nHINT:  h\nCONTEXT:  w\n',
    );
  });
});
