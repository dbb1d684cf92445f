import { describe, expect, it } from 'vitest';
import { readRun, readSilence, readUntil } from '../../../actions/_shared/alerts/commands/arguments.ts';
import { helpText, isEnough } from '../../../actions/_shared/alerts/commands/catalog.ts';
import { readCommand } from '../../../actions/_shared/alerts/commands/parse-comment.ts';
import { readInputs } from '../../../actions/_shared/alerts/commands/runbook-inputs.ts';

const now = new Date('2026-11-21T10:00:00Z');

describe('the first line of a comment', () => {
  it.each([
    ['/ack', { word: 'ack', rest: '' }],
    ['/ACK  on it \r\n\r\nmore words', { word: 'ack', rest: 'on it' }],
    ['/snooze 2h until the vendor answers', { word: 'snooze', rest: '2h until the vendor answers' }],
    ['/run restart-sync job="a b"', { word: 'run', rest: 'restart-sync job="a b"' }],
    ['/ack\n/resolve', { word: 'ack', rest: '' }],
  ])('%j is a command', (body, command) => {
    expect(readCommand(body)).toEqual(command);
  });

  it.each([
    ['nothing', ''],
    ['a quote', '> /ack'],
    ['a fenced block', '```\n/ack\n```'],
    ['an indented block', '    /ack'],
    ['a word before it', 'please /ack'],
    ['the second line', 'hello\n/ack'],
    ['a path', '/usr/bin/ack is gone'],
    ['a lone slash', '/'],
    ['a space behind the slash', '/ ack'],
    ['inline code', '`/ack`'],
    ['a mention before it', '@bot /ack'],
    ['an invisible character before it', '\u200b/ack'],
    ['another slash', '\uff0fack'],
    ['a word with a hidden letter', '/a\u0441k'],
    ['a comment of HTML before it', '<!-- x -->/ack'],
    ['sixty thousand characters behind it', `/ack\n${'x'.repeat(60_000)}`],
    ['sixty thousand characters on its line', `/ack ${'x'.repeat(60_000)}`],
    ['a line that goes on too long', `/ack ${'x'.repeat(600)}`],
  ])('%s is none', (_, body) => {
    expect(readCommand(body)).toBeNull();
  });
});

describe('arguments', () => {
  it('name a time to come, or how long', () => {
    expect(readUntil('2h', now)).toEqual({ until: new Date('2026-11-21T12:00:00Z'), note: '' });
    expect(readUntil('1d12h  vendor is told', now)).toEqual({
      until: new Date('2026-11-22T22:00:00Z'),
      note: 'vendor is told',
    });
    expect(readUntil('until 2026-11-22T08:00 for now', now)).toEqual({
      until: new Date('2026-11-22T08:00:00Z'),
      note: 'for now',
    });
    expect(readUntil('until 2026-11-22T08:00+01:00', now).until).toEqual(new Date('2026-11-22T07:00:00Z'));
  });

  it.each([
    '',
    '2',
    '2 hours',
    '0s',
    '-2h',
    '400d',
    'until',
    'until tomorrow',
    'until 2020-01-01',
    '9999999d9999999d',
  ])('%j is no time', (text) => {
    expect(() => readUntil(text, now)).toThrow(/time|over|At most a year/);
  });

  it('say what is silent', () => {
    expect(readSilence('check=late object=sync_* for 1d deploy', now)).toEqual({
      matcher: { check: 'late', object: 'sync_*' },
      until: new Date('2026-11-22T10:00:00Z'),
      note: 'deploy',
    });
    expect(readSilence('for 2h', now).matcher).toBeNull();
    expect(() => readSilence('check=late', now)).toThrow('for how long');
    expect(() => readSilence('everything for 1d', now)).toThrow('no key=value');
    expect(() => readSilence('owner=me for 1d', now)).toThrow(/owner|key/i);
  });

  it('give a runbook its inputs', () => {
    expect(readRun('restart-sync job=sync_stats reason="it \\"hangs\\" again" dry=')).toEqual({
      runbook: 'restart-sync',
      inputs: { job: 'sync_stats', reason: 'it "hangs" again', dry: '' },
    });
    expect(() => readRun('')).toThrow('Which runbook');
    expect(() => readRun('x; drop table')).toThrow('Which runbook');
    expect(() => readRun('x a=1 a=2')).toThrow('twice');
    expect(() => readRun('x "a=1"')).toThrow('no key=value');
  });
});

const yaml = `
version: 1
inputs:
  - { key: job, required: true }
  - { key: times, type: number }
  - { key: dry, type: boolean, default: true }
  - { key: mode, type: choice, options: [full, part] }
steps:
  - { id: say, title: Say, kind: note, message: hello }
`;

describe('inputs of a runbook', () => {
  it('get their types', () => {
    expect(readInputs(yaml, { job: 'a', times: '3', dry: 'FALSE', mode: 'part' })).toEqual({
      job: 'a',
      times: 3,
      dry: false,
      mode: 'part',
    });
  });

  it('are all named when they are wrong', () => {
    const wrong = () => readInputs(yaml, { times: 'many', dry: 'maybe', mode: 'all', jb: 'x' });
    expect(wrong).toThrow(
      '`jb` is no input of it, `job` is missing, `times` must be a number, `dry` must be true or false, `mode` must be one of full, part.',
    );
  });
});

describe('help', () => {
  it('names the nearest command', () => {
    expect(helpText('snoze')).toContain('Did you mean `/snooze`?');
    expect(helpText('xyzzy')).not.toContain('Did you mean');
  });

  it.each([
    ['admin', 'maintain', true],
    ['maintain', 'maintain', true],
    ['write', 'maintain', false],
    ['write', 'write', true],
    ['triage', 'write', false],
    ['read', 'write', false],
    ['none', 'write', false],
    ['constructor', 'write', false],
  ] as const)('%s is enough for %s: %s', (role, needed, enough) => {
    expect(isEnough(role, needed)).toBe(enough);
  });
});
