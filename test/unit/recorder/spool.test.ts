import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLineRedaction } from '../../../actions/_shared/builds/recorder/redact-lines.ts';
import { SpoolReader } from '../../../actions/_shared/builds/recorder/spool-reader.ts';
import { SpoolWriter } from '../../../actions/_shared/builds/recorder/spool-writer.ts';

const folder = (): string => mkdtempSync(path.join(tmpdir(), 'opsroom-spool-'));

function writer(
  where: string,
  options: { readonly secrets?: readonly string[]; readonly maxBytes?: number } = {},
): SpoolWriter {
  return new SpoolWriter({
    folder: where,
    step: 'build',
    redaction: createLineRedaction(options.secrets),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
}

/** A reader whose buffer is a list, and may be begun again from where it was. */
function reader(where: string, kept = new Map<string, number>(), batchLines = 1000) {
  const texts: string[] = [];
  const made = new SpoolReader(
    where,
    {
      offsetOf: (source) => kept.get(source) ?? 0,
      take: (text, { source }) => {
        texts.push(text);
        kept.set(source.source, source.offset);
      },
      settle: () => undefined,
      forget: (source) => kept.delete(source),
    },
    batchLines,
  );
  return {
    lines: () => texts.join('').split('\n').slice(0, -1),
    texts,
    readAll: (writersAreGone = false) => {
      while (made.look(writersAreGone));
    },
    isEmpty: () => made.isEmpty,
  };
}

describe('a spool', () => {
  it('brings whole lines only, whatever the pieces they came in', () => {
    const where = folder();
    const spool = writer(where);
    const read = reader(where);
    spool.write('stdout', Buffer.from('one\ntw'));
    spool.write('stderr', Buffer.from('err'));
    read.readAll();
    expect(read.lines()).toEqual(['one']);
    spool.write('stdout', Buffer.from('o\nthr'));
    spool.write('stderr', Buffer.from('or\n'));
    spool.end();
    read.readAll();
    expect(read.lines()).toEqual(['one', 'two', 'error', 'thr']);
    expect(read.isEmpty()).toBe(true);
    expect(readdirSync(where)).toEqual([]);
  });

  it('splits no character and no line where it is read in pieces', () => {
    const where = folder();
    const spool = writer(where);
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} ${'ü😀'.repeat(index % 40)}`);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    for (let at = 0; at < bytes.length; at += 65_521) spool.write('stdout', bytes.subarray(at, at + 65_521));
    spool.end();
    const read = reader(where);
    read.readAll();
    expect(read.lines()).toEqual(lines);
    expect(read.texts.every((text) => text.split('\n').length <= 1001)).toBe(true);
  });

  it('is read on from where the buffer ends', () => {
    const where = folder();
    const spool = writer(where);
    spool.write('stdout', Buffer.from('a\nb\n'));
    const kept = new Map<string, number>();
    const first = reader(where, kept);
    first.readAll();
    spool.write('stdout', Buffer.from('c\n'));
    const second = reader(where, kept);
    second.readAll();
    expect([first.lines(), second.lines()]).toEqual([['a', 'b'], ['c']]);
  });

  it('of a writer that was killed is read to its last byte once nobody writes any more', () => {
    const where = folder();
    const spool = writer(where);
    spool.write('stdout', Buffer.from('whole\n'));
    appendFileSync(spool.file, 'half a li');
    writeFileSync(path.join(where, '000000000000001-1-aa.spool'), '{"ste');
    const read = reader(where);
    read.readAll();
    expect(read.lines()).toEqual(['whole']);
    read.readAll(true);
    expect(read.texts.join('')).toBe('whole\nhalf a li');
    expect(read.isEmpty()).toBe(true);
  });

  it('holds no secret, not even one that is named on the way', () => {
    const where = folder();
    const spool = writer(where, { secrets: ['hunter2hunter2'] });
    spool.write('stdout', Buffer.from('is hunter2hunter2\n::add-mask::swordfish9\nand swordfish9\n'));
    spool.end();
    const text = readFileSync(spool.file, 'utf8');
    expect(text.split('\n').slice(1)).toEqual(['is ***', 'and ***', '']);
  });

  it('grows no further than it may, and says what it left out', () => {
    const where = folder();
    const spool = writer(where, { maxBytes: 1000 });
    for (let line = 0; line < 500; line += 1) spool.write('stdout', Buffer.from(`line ${line}\n`));
    spool.end();
    const lines = readFileSync(spool.file, 'utf8').trimEnd().split('\n').slice(1);
    expect(readFileSync(spool.file).length).toBeLessThan(1200);
    expect(lines.at(-1)).toBe(
      `::warning::${500 - (lines.length - 1)} more lines of this command were left out`,
    );
    expect(existsSync(`${spool.file}.done`)).toBe(true);
  });
});
