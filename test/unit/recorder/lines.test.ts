import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../actions/_shared/builds/recorder/finish-recording.ts';
import { prepareLines } from '../../../actions/_shared/builds/recorder/prepare-lines.ts';
import { createLineRedaction, secretValues } from '../../../actions/_shared/builds/recorder/redact-lines.ts';
import { readArtifacts, readMetrics } from '../../../actions/record-build/read-lists.ts';

describe('what a command writes', () => {
  it.each([
    ['is left as it is', 'a\n\nb\n', { text: 'a\n\nb', count: 3 }],
    ['may be one empty line', '\n', { text: '', count: 1 }],
    ['loses what a terminal would not show', '10 %\r20 %\r\nfoo\0bar\n', { text: '20 %\nfoobar', count: 2 }],
    [
      'is cut where it never ends',
      'abcdefghijkl\n',
      { text: 'abcdefghij … [2 more characters]', count: 1, levels: undefined },
    ],
    [
      'is not cut within a character',
      `${'a'.repeat(9)}😀b\n`,
      { text: `${'a'.repeat(9)} … [3 more characters]`, count: 1 },
    ],
    [
      'says how serious it is',
      '::warning file=a,line=1::careful%25\n##[error]bad\nfine',
      { text: 'careful%\nbad\nfine', count: 3, levels: ['warning', 'error', 'info'] },
    ],
    [
      'leaves out what only a runner understands',
      '::endgroup::\n::set-output name=a::b\nx',
      { text: 'x', count: 1 },
    ],
    ['keeps the title of a group', '::group::Install\nx', { text: 'Install\nx', count: 2 }],
    [
      'is not taken for a command by half',
      '::\n:: no\n::other::x',
      { text: '::\n:: no\n::other::x', count: 3 },
    ],
  ])('%s', (_what, text, expected) => {
    expect(prepareLines(text, 10)).toEqual(expected);
  });

  it('may be nothing to keep at all', () => {
    const masks: string[] = [];
    expect(prepareLines('::add-mask::hush\n', 100, (value) => masks.push(value))).toBeUndefined();
    expect(masks).toEqual(['hush']);
  });
});

describe('secrets', () => {
  it.each([
    ['Authorization: Bearer abc.123', 'Authorization: Bearer [redacted]'],
    ['basic dXNlcjpwYXNz=', 'basic [redacted]'],
    ['a basic example of bearer tokens', 'a basic example of bearer tokens'],
    ['ghp_abcdef123456 ghs_abcdef123456', '[redacted] [redacted]'],
    ['postgresql://me:secret@db/x', 'postgresql://[redacted]@db/x'],
    ['https://example.test/path', 'https://example.test/path'],
    [`sk-${'a1'.repeat(10)}`, '[redacted]'],
    ['bearer\n123 is the next line', 'bearer\n123 is the next line'],
  ])('are cut out of %j', (text, expected) => {
    expect(createLineRedaction().redact(text)).toBe(expected);
  });

  it('are known by the names of their variables', () => {
    expect(
      secretValues({
        DEPLOY_TOKEN: 'abcdef',
        DB_PASSWORD: 'short',
        OPS_DATABASE_URL: 'postgres://u:p@h',
        PATH: '/usr/bin',
        AWS_SECRET_ACCESS_KEY: 'xyzxyz',
      }).sort(),
    ).toEqual(['abcdef', 'postgres://u:p@h', 'xyzxyz']);
  });
});

describe('how a build ended', () => {
  it.each([
    ['success', false, false, 'succeeded'],
    ['success', true, false, 'almost'],
    ['failure', true, false, 'failed'],
    ['failure', false, true, 'cancelled'],
    ['cancelled', false, false, 'cancelled'],
  ] as const)('whose job says %s (warnings %s, stop asked %s): %s', (job, warnings, asked, expected) => {
    expect(statusOf(job, warnings, asked)).toBe(expected);
  });
});

describe('lists in inputs', () => {
  it('are artifacts at an address or in a file', () => {
    expect(
      readArtifacts('# comment\npreview=https://x.test/a=b\n\ncoverage report = out/lcov.info\n'),
    ).toEqual([
      { name: 'preview', url: 'https://x.test/a=b' },
      { name: 'coverage report', file: 'out/lcov.info' },
    ]);
    expect(() => readArtifacts('fine=x\nnot')).toThrow(
      'input artifacts: line 2 is not NAME=ADDRESS or NAME=FILE',
    );
  });

  it('are metrics with or without dimensions', () => {
    expect(readMetrics('bundle_kb=812.5\ntests{suite=unit, os=linux}=1200')).toEqual([
      { metric: 'bundle_kb', value: 812.5 },
      { metric: 'tests', value: 1200, dims: { suite: 'unit', os: 'linux' } },
    ]);
    for (const wrong of ['x', 'x=', 'x=many', '=1', 'x{a=1=2', 'x=Infinity'])
      expect(() => readMetrics(wrong), wrong).toThrow('input metrics: line 1');
  });
});
