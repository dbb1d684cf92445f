import { describe, expect, it } from 'vitest';
import { createRedaction } from '../../../actions/_shared/io/redaction.ts';

describe('redaction', () => {
  it('cuts out every known value, the longest first', () => {
    const redaction = createRedaction();
    redaction.add('abcd');
    redaction.add('abcdefgh');

    expect(redaction.redact('x abcdefgh y abcd z')).toBe('x *** y *** z');
  });

  it('knows the password of a connection string, encoded and not', () => {
    const redaction = createRedaction();
    redaction.add('postgres://postgres:p%40ssw0rd@db.example.test:5432/postgres');

    expect(redaction.redact('password p@ssw0rd or p%40ssw0rd')).toBe('password *** or ***');
    expect(redaction.redact('db.example.test')).toBe('db.example.test');
  });

  it('knows each line of a value and the value without surrounding blanks', () => {
    const redaction = createRedaction();
    redaction.add(' first-line\nsecond-line\n');

    expect(redaction.redact('first-line, second-line')).toBe('***, ***');
  });

  it('leaves text alone for values too short to be secrets, and for none', () => {
    const redaction = createRedaction();
    redaction.add('abc');
    redaction.add('');
    redaction.add(undefined);

    expect(redaction.redact('abc')).toBe('abc');
    expect(redaction.values()).toEqual([]);
  });
});
