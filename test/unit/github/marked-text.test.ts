import { describe, expect, it } from 'vitest';
import { closeBlock, readBlock, replaceBlock } from '../../../actions/_shared/github/issue-block.ts';
import { fingerprint, markText, readMarked } from '../../../actions/_shared/github/marked-text.ts';

const marker = { kind: 'plan', environment: 'production' } as const;
const marked = markText({ marker, head: 'abc', content: fingerprint({ a: 1 }), visible: 'the plan\n' });

describe('a marked text', () => {
  it('starts with its marker and remembers what it says', () => {
    expect(marked.split('\n')[0]).toBe('<!-- opsroom:plan env=production -->');
    expect(readMarked(marked, marker)).toEqual({ head: 'abc', content: fingerprint({ a: 1 }), intact: true });
  });

  it('survives the line ends of a browser', () => {
    expect(readMarked(marked.replaceAll('\n', '\r\n'), marker)?.intact).toBe(true);
  });

  it.each([
    ['another environment', '<!-- opsroom:plan env=staging -->\nx'],
    ['an environment that only starts alike', '<!-- opsroom:plan env=production2 -->\nx'],
    ['a quotation of the marker', `look: ${marked}`],
    ['a marker in a later line', `hello\n${marked}`],
    ['nothing', ''],
  ])('is not %s', (_what, text) => {
    expect(readMarked(text, marker)).toBeNull();
  });

  it('knows that it was edited', () => {
    expect(readMarked(`${marked}!`, marker)?.intact).toBe(false);
  });

  it('without a state line counts as edited', () => {
    expect(readMarked('<!-- opsroom:plan env=production -->\nold', marker)).toEqual({
      head: '',
      content: '',
      intact: false,
    });
  });
});

describe('the block of the machine in an issue', () => {
  const block = closeBlock(marker, marked);

  it('is read wherever it stands', () => {
    expect(readBlock(`above\n\n${block}\n\nbelow`, marker)).toMatchObject({ head: 'abc', intact: true });
  });

  it('is replaced without touching what people wrote', () => {
    expect(replaceBlock(`above\n\n${block}\n\nbelow`, { marker, block: 'NEW' })).toBe(
      'above\n\nNEW\n\nbelow',
    );
  });

  it('comes back on top when somebody deleted it', () => {
    expect(replaceBlock('only people', { marker, block })).toBe(`${block}\n\nonly people`);
    expect(replaceBlock('', { marker, block })).toBe(block);
  });
});
