import { describe, expect, it } from 'vitest';
import {
  alertBlock,
  aroundBlock,
  readAlertMarker,
  replaceAlertBlock,
} from '../../../actions/_shared/alerts/issue-marker.ts';
import { bodyOf, labelsOf, mergeLabels, type Voice } from '../../../actions/_shared/alerts/issue-text.ts';
import { matcherText, parseMatcher } from '../../../actions/_shared/alerts/matcher.ts';
import type { JobRun } from '../../../actions/_shared/alerts/statements.ts';
import { alertIssueTitle } from '../../../actions/_shared/report/alert-issue.ts';
import { runsInWords, sparkline } from '../../../actions/_shared/report/alert-runs.ts';
import {
  assignableLogin,
  cellCode,
  fenced,
  mention,
  plainText,
  prose,
} from '../../../actions/_shared/report/alert-text.ts';
import { ago, alert, row } from './example.ts';

const voice: Voice = {
  environment: 'production',
  runUrl: 'https://github.test/run/1',
  jobRuns: new Map(),
  issueOf: new Map(),
  redact: (text) => text,
};

describe('a marker', () => {
  it.each(['alert:check:late:sync', 'group:a b', 'alert:<!-- --> @x #1 é 💥', `alert:${'x'.repeat(800)}`])(
    'carries %s',
    (key) => {
      const marker = { environment: 'production', key, id: 'abc' };
      const block = alertBlock(marker, 'text');
      expect(readAlertMarker(block)).toEqual(marker);
      expect(block.split('\n')[0]).toMatch(/^<!-- opsroom:alert [A-Za-z0-9%_=: -]+ -->$/);
    },
  );

  it.each([
    '',
    'text',
    '> <!-- opsroom:alert env=a id=b key=c -->',
    '<!-- opsroom:alert env=a id=b key=%ZZ -->',
  ])('is not in %j', (body) => {
    expect(readAlertMarker(body)).toBeNull();
  });
});

describe('the block of the machine', () => {
  const marker = { environment: 'production', key: 'storm', id: 'abc' };

  it('is replaced where it stands, also with the line ends of a browser', () => {
    const body = `above\n\n${alertBlock(marker, 'old')}\n\nbelow`.replaceAll('\n', '\r\n');
    expect(replaceAlertBlock(body, alertBlock(marker, 'new'))).toBe(
      `above\n\n${alertBlock(marker, 'new')}\n\nbelow`,
    );
  });

  it('goes on top when it is gone', () => {
    expect(replaceAlertBlock('theirs', alertBlock(marker, 'new'))).toBe(
      `${alertBlock(marker, 'new')}\n\ntheirs`,
    );
    expect(replaceAlertBlock('', alertBlock(marker, 'new'))).toBe(alertBlock(marker, 'new'));
  });

  it('whose end somebody deleted takes nothing of theirs away', () => {
    const body = alertBlock(marker, 'old').replace(/\n[^\n]+$/, '\ntheirs');
    expect(replaceAlertBlock(body, alertBlock(marker, 'new'))).toContain('theirs');
  });

  it('cannot be ended by what stands in it', () => {
    const block = alertBlock(marker, 'a <!-- /opsroom:alert --> b');
    expect(aroundBlock(`${block}after`)).toEqual({ before: '', after: 'after' });
  });
});

describe('a body', () => {
  const unit = { row: row(), members: [alert()], muted: [] };

  it('stays below 65,536 characters with the longest alert there can be', () => {
    const evidence = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`key ${index}`, 'x'.repeat(900)]),
    );
    const long = alert({
      message: '`@'.repeat(4000),
      title: 't'.repeat(300),
      details: { evidence, remediation: 'r'.repeat(5000), owner: '@data-team' },
    });
    const follows = Array.from({ length: 1400 }, (_, index) =>
      alert({ id: index + 2, mutedBy: 1, title: `x${index}`.repeat(20) }),
    );
    const body = bodyOf({ ...unit, members: [long], muted: follows }, voice, 'theirs');
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain('more.');
    expect(body.endsWith('theirs')).toBe(true);
  });

  it.each([
    [
      'its command',
      { runbook: 'restart', runbook_command: '/run restart job=$object' },
      '`/run restart job=sync`',
    ],
    ['its name, where nobody wrote a command', { runbook: 'restart' }, '`/run restart`'],
  ])('offers the runbook by %s', (_how, details, words) => {
    const body = bodyOf({ ...unit, members: [alert({ details })] }, voice, '');
    expect(body).toContain(`Answer with ${words} to start the runbook.`);
  });

  it('offers no runbook for what nobody could look at, and says why', () => {
    const unknown = alert({
      condition: 'unknown',
      unknownSince: ago(5),
      message: 'no connection left',
      details: { runbook: 'restart', runbook_command: '/run restart' },
    });
    const body = bodyOf({ ...unit, members: [unknown] }, voice, '');
    expect(body).not.toContain('/run restart');
    expect(body).toContain('**Why it could not look**\n\n```text\nno connection left');
  });

  it('says what to do about a job that fails, with the commands to copy', () => {
    const failed = alert({
      kind: 'job_failed',
      check: null,
      details: { job: 'sync', error_code: 'sql_error' },
    });
    expect(bodyOf({ ...unit, members: [failed] }, voice, '')).toContain(
      '`opsroom fire sync` tries it at once.',
    );
  });

  it('shows the one alert of a group in full, and a list as soon as there are two', () => {
    const group = { ...unit, row: row({ kind: 'group', key: 'group:jobs' }) };
    const one = bodyOf({ ...group, members: [alert()] }, voice, '');
    expect(one).toContain('Whatever else becomes wrong in `jobs` joins this issue.');
    expect(one).toContain('**Evidence**');
    const two = bodyOf({ ...group, members: [alert(), alert({ id: 2, key: 'b' })] }, voice, '');
    expect(two).toContain('**2 of 2 still there**');
    expect(alertIssueTitle({ ...group, members: [alert(), alert({ id: 2 })] }, 'production')).toBe(
      'production: sync is late and 1 more',
    );
  });

  it('draws the last runs of the job', () => {
    const run = (status: string, durationMs: number | null): JobRun => ({
      job: 'sync',
      status,
      durationMs,
      scheduledFor: ago(60),
      errorCode: null,
    });
    const runs = [
      run('succeeded', 100),
      run('succeeded', 1000),
      run('failed', 5),
      run('skipped', null),
      run('fired', null),
    ];
    expect(sparkline(runs)).toBe('▂█×·…');
    expect(runsInWords(runs)).toBe('last 5 runs since 2026-11-21 11:00 UTC, 1 failed');
    expect(bodyOf(unit, { ...voice, jobRuns: new Map([['sync', runs]]) }, '')).toContain(
      '`▂█×·…` last 5 runs',
    );
  });

  it('names the command of the runbook with the object it is about', () => {
    const withRunbook = alert({
      details: { runbook: 'restart', runbook_command: '/run restart job=$object' },
    });
    expect(bodyOf({ ...unit, members: [withRunbook] }, voice, '')).toContain('`/run restart job=sync`');
  });
});

describe('labels', () => {
  it('say how bad it is and how it stands', () => {
    const labels = (...members: Parameters<typeof alert>[0][]) =>
      labelsOf({ row: row(), members: members.map(alert), muted: [] }, 'production').slice(2);
    expect(labels({})).toEqual(['severity:warning']);
    expect(labels({ status: 'acknowledged' })).toEqual(['severity:warning', 'state:acknowledged']);
    expect(labels({ status: 'acknowledged' }, { id: 2, severity: 'critical' })).toEqual([
      'severity:critical',
    ]);
    expect(labels({ condition: 'unknown' }, { id: 2 })).toEqual(['severity:warning', 'state:unknown']);
    expect(labels({ status: 'resolved', severity: 'critical' })).toEqual(['severity:critical']);
  });

  it('of people stay', () => {
    expect(
      mergeLabels(['OPS-ALERT', 'team', 'severity:critical', 'state:muted'], ['ops-alert', 'severity:info']),
    ).toEqual(['ops-alert', 'severity:info', 'team']);
  });
});

describe('foreign text', () => {
  it('is made harmless where it stands in a line', () => {
    expect(plainText('@ada GH-12 #3 www.a.b https://c <b> [x](y)')).not.toMatch(
      /@ada|GH-12|#3|www\.a|:\/\/|<b>|\[x\]\(/,
    );
  });

  it('cannot end a fence or a cell', () => {
    expect(fenced('````\n```')).toBe('`````text\n````\n```\n`````');
    expect(cellCode('a|b`c')).toBe('``a\\|b`c``');
  });

  it.each([
    ['@data-team', '@data-team', 'data-team'],
    ['@acme/data', '@acme/data', null],
    ['data@example.com', 'data@\u200bexample.com', null],
    ['@a b', '@\u200ba b', null],
    ['ada', 'ada', null],
  ])('%s as an owner is %s, assigned %s', (owner, text, login) => {
    expect(mention(owner)).toBe(text);
    expect(assignableLogin(owner)).toBe(login);
  });
});

describe('a matcher', () => {
  it('is read as it is written', () => {
    const text = 'check=late object="sync *" severity=warning';
    expect(parseMatcher(text)).toEqual({ check: 'late', object: 'sync *', severity: 'warning' });
    expect(matcherText(parseMatcher(text))).toBe(text);
  });

  it.each(['', 'late', 'check=', 'jobs=x', 'severity=dire', 'check=a check=b'])('is not %j', (text) => {
    expect(() => parseMatcher(text)).toThrow('This matches no alerts');
  });
});

describe('prose', () => {
  it.each([
    ['Run `select 1` now.', 'Run `select 1` now.'],
    ['@bob `@bob` #1', '@\u200bbob `@bob` #\u200b1'],
    ['a ` b', 'a \\` b'],
    ['``a`` `b`', '\\`\\`a\\`\\` `b`'],
    ['two\nlines `c`', 'two⏎ lines `c`'],
    ['`a``b`', '\\`a\\`\\`b\\`'],
  ])('%j is %j', (text, shown) => {
    expect(prose(text)).toBe(shown);
  });
});
