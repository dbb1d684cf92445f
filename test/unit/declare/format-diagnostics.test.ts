import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { formatDiagnostics } from '../../../actions/_shared/declare/format-diagnostics.ts';
import type { Diagnostic } from '../../../actions/_shared/declare/model.ts';

const FILE = 'runbooks/cron/a.yaml';
const TEXT = `schedule: "*/60 * * * *"\nbody: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln # ${'x'.repeat(200)}\n\tvalue: hunter2\n`;
const read = memoryReader({ [FILE]: TEXT });

function diagnostic(location: Partial<Diagnostic['location']>, rest: Partial<Diagnostic> = {}): Diagnostic {
  return {
    severity: 'error',
    code: 'a-rule',
    message: 'something is wrong',
    location: { file: FILE, line: 1, column: 1, ...location },
    ...rest,
  };
}

function terminal(found: Diagnostic, color = false): string {
  return formatDiagnostics([found], { format: 'terminal', root: '/nowhere', color, read });
}

describe('in a terminal', () => {
  it('shows the line, a caret under the place, and what to do', () => {
    expect(terminal(diagnostic({ column: 12, endColumn: 16 }, { hint: 'Write `0`.' }))).toBe(
      [
        'runbooks/cron/a.yaml:1:12 error something is wrong [a-rule]',
        '  1 | schedule: "*/60 * * * *"',
        '    |            ^^^^',
        '  fix: Write `0`.',
      ].join('\n'),
    );
  });

  it('cuts long lines around the place and hides what looks like a secret', () => {
    const text = terminal(diagnostic({ line: 2, column: 180, endColumn: 190 }));
    const [, line = '', caret = ''] = text.split('\n');
    expect(line.length).toBeLessThan(125);
    expect(caret.trimEnd().length).toBeLessThanOrEqual(line.length);
    expect(terminal(diagnostic({ line: 2, column: 7 }))).not.toContain('eyJhbGci');
  });

  it('never shows what stands where a value was written instead of a name', () => {
    const text = terminal(
      diagnostic({ line: 3, column: 9, endColumn: 16 }, { code: 'environment-variable' }),
    );
    expect(text).not.toContain('hunter2');
    expect(text).toContain('•••••••\n');
  });

  it('says what is wrong with a folder, which has no line to show', () => {
    const found = diagnostic({ file: 'runbooks' }, { message: 'is no kind' });
    const root = path.resolve(import.meta.dirname, '../../..');
    expect(formatDiagnostics([found], { format: 'terminal', root, color: false })).toBe(
      'runbooks:1:1 error is no kind [a-rule]',
    );
  });

  it('keeps the caret in place behind a tab', () => {
    expect(terminal(diagnostic({ line: 3, column: 2, endColumn: 7 })).split('\n')[2]).toBe('    | \t^^^^^');
  });

  it('lets no control character through, and colours only when asked', () => {
    const hostile = diagnostic({}, { message: 'bad \u001b[2J \u0007 \u202e name' });
    expect(terminal(hostile)).toContain('bad ·[2J · · name');
    expect(terminal(diagnostic({}))).not.toContain('\u001b');
    expect(terminal(diagnostic({}), true)).toContain('\u001b[31merror\u001b[0m');
  });

  it('works without the file, past its end, and for nothing', () => {
    expect(terminal(diagnostic({ file: 'gone.yaml' }))).toBe(
      'gone.yaml:1:1 error something is wrong [a-rule]',
    );
    expect(terminal(diagnostic({ line: 99 }))).toContain('a.yaml:99:1');
    expect(formatDiagnostics([], { format: 'terminal', root: '/nowhere', color: false, read })).toBe('');
  });
});

describe('for programs', () => {
  it('is JSON with a version', () => {
    const found = diagnostic({ endColumn: 4 }, { severity: 'warning' });
    expect(
      JSON.parse(formatDiagnostics([found], { format: 'json', root: '/nowhere', color: true, read })),
    ).toEqual({ schema_version: 1, diagnostics: [found] });
  });
});

describe('as annotations', () => {
  it('is one workflow command a line, escaped', () => {
    const found = [
      diagnostic(
        { file: 'runbooks/cron/a,b:c.yaml', line: 3, column: 4, endColumn: 9 },
        { message: '100% wrong\nhere', hint: 'Fix: it' },
      ),
      diagnostic({}, { severity: 'notice' }),
    ];
    expect(formatDiagnostics(found, { format: 'github', root: '/nowhere', color: false })).toBe(
      [
        '::error file=runbooks/cron/a%2Cb%3Ac.yaml,line=3,endLine=3,col=4,endColumn=9,title=a-rule::100%25 wrong%0Ahere%0AFix: it',
        '::notice file=runbooks/cron/a.yaml,line=1,endLine=1,col=1,title=a-rule::something is wrong',
      ].join('\n'),
    );
  });

  it('a message cannot start a command of its own', () => {
    const found = diagnostic({}, { message: 'x\n::set-output name=a::b\r\n::warning::c' });
    expect(
      formatDiagnostics([found], { format: 'github', root: '/nowhere', color: false }).split(/[\r\n]/),
    ).toHaveLength(1);
  });
});
