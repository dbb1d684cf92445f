import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  answer,
  collect,
  declareJob,
  fire,
  forgetEverything,
  httpCall,
  lastRequest,
  onlyRun,
  requestsOf,
  runsOf,
  secretUrlCall,
  sqlCall,
  tokenOf,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(async () => {
  await forgetEverything(sql);
  await sql`delete from vault.secrets`;
});

async function setSecret(name: string, value: string): Promise<void> {
  await sql`select vault.create_secret(${value}, ${name})`;
}

const slot = '2027-01-01T10:00:00Z';

describe('a secret', () => {
  it('proves a request in the header its kind says', async () => {
    await setSecret('base', 'https://project.example/');
    await setSecret('bearer_key', 'bearer-value');
    await setSecret('api_key', 'apikey-value');
    await setSecret('job_token', 'Token with blanks');
    await declareJob(sql, 'sync', {
      call: secretUrlCall('base', {
        auth: [
          { kind: 'bearer', secret: 'bearer_key' },
          { kind: 'apikey', secret: 'api_key' },
          { kind: 'header', header: 'x-job-token', secret: 'job_token' },
        ],
      }),
    });
    await fire(sql, 'sync', slot);
    const request = await lastRequest(sql, 'sync');
    expect(request.url).toBe('https://project.example/functions/v1/sync');
    expect(request.headers).toMatchObject({
      Authorization: 'Bearer bearer-value',
      apikey: 'apikey-value',
      'x-job-token': 'Token with blanks',
    });
  });

  it('that is missing fails every run, sends nothing, and alerts once, with its name and what to do', async () => {
    await declareJob(sql, 'sync', {
      call: secretUrlCall('project_url'),
      alert: { after: 5, severity: 'critical' },
    });
    for (const minute of ['10:00', '10:01', '10:02']) {
      expect(await fire(sql, 'sync', `2027-01-01T${minute}:00Z`)).toMatch(
        /^failed \d+ secret_missing:project_url$/,
      );
    }
    expect(await runsOf(sql, 'sync')).toHaveLength(3);
    expect(await requestsOf(sql, 'sync')).toHaveLength(0);
    expect(await sql`select * from ops.alerts`).toHaveLength(1);
    expect(await activeAlerts(sql)).toEqual({
      'job:sync': {
        kind: 'secret_missing',
        severity: 'critical',
        count: 3,
        message: expect.stringMatching(/^secret_missing:project_url - .*runbooks\/secrets\.yaml/),
      },
    });
  });

  it('that comes back resolves the alert with the next success', async () => {
    await declareJob(sql, 'sync', { call: secretUrlCall('project_url') });
    await fire(sql, 'sync', slot);
    await setSecret('project_url', 'https://project.example');
    await fire(sql, 'sync', '2027-01-01T10:01:00Z');
    await answer(sql, 'sync', { at: '2027-01-01T10:01:01Z', status: 200 });
    await collect(sql, '2027-01-01T10:02:00Z');
    expect(await activeAlerts(sql)).toEqual({});
    expect(await sql`select status from ops.alerts`).toEqual([{ status: 'resolved' }]);
  });

  it('for authentication that is missing never becomes a request without it', async () => {
    await declareJob(sql, 'sync', {
      call: httpCall({
        auth: [
          { kind: 'bearer', secret: 'anon_key' },
          { kind: 'apikey', secret: 'there' },
        ],
      }),
    });
    await setSecret('there', 'a-good-value');
    expect(await fire(sql, 'sync', slot)).toMatch(/secret_missing:anon_key$/);
    expect(await requestsOf(sql, 'sync')).toHaveLength(0);
  });

  it.each([
    ['bearer', 'a line break', 'canary\nvalue'],
    ['bearer', 'a blank inside', 'canary value'],
    ['header', 'a blank at its end', 'canary value '],
    ['header', 'nothing in it', ''],
  ] as const)('for %s with %s is refused by name', async (kind, _, value) => {
    await setSecret('token', value);
    await declareJob(sql, 'sync', {
      call: httpCall({
        auth: [kind === 'bearer' ? { kind, secret: 'token' } : { kind, header: 'x-t', secret: 'token' }],
      }),
    });
    expect(await fire(sql, 'sync', slot)).toMatch(/^failed \d+ secret_invalid:token$/);
    expect((await onlyRun(sql, 'sync')).error).not.toContain('canary');
  });

  it.each([
    ['no scheme', 'project.example', 'url_invalid'],
    ['another scheme', 'ftp://project.example', 'url_invalid'],
    ['no host', 'https:///x', 'url_invalid'],
    ['a blank', 'https://project example', 'secret_invalid'],
    ['a port that is none', 'https://project.example:https', 'url_invalid'],
  ])('for a URL with %s is refused by name, never by value', async (_, value, code) => {
    await setSecret('project_url', value);
    await declareJob(sql, 'sync', { call: secretUrlCall('project_url') });
    expect(await fire(sql, 'sync', slot)).toMatch(new RegExp(`^failed \\d+ ${code}:project_url$`));
    const run = await onlyRun(sql, 'sync');
    expect(run.error).not.toContain(value);
  });

  it('that cannot be decrypted fails its own job only', async () => {
    await setSecret('good', 'good-value');
    await database.superuser`insert into vault.secrets (name, secret) values ('rotten', 'canary-plain-text')`;
    await declareJob(sql, 'rotten', { call: httpCall({ auth: [{ kind: 'bearer', secret: 'rotten' }] }) });
    await declareJob(sql, 'good', { call: httpCall({ auth: [{ kind: 'bearer', secret: 'good' }] }) });
    expect(await fire(sql, 'rotten', slot)).toMatch(/secret_invalid:rotten$/);
    expect(await fire(sql, 'good', slot)).toMatch(/^fired/);
    expect((await onlyRun(sql, 'rotten')).error).not.toContain('canary');
  });
});

describe('redaction', () => {
  it.each([
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
    ['Basic dXNlcjpwYXNzd29yZA==, then', 'Basic [redacted], then'],
    [
      'Basic authentication is needed, a bearer token too',
      'Basic authentication is needed, a bearer token too',
    ],
    ['{"key":"sb_secret_0123456789"}', '{"key":"[redacted]"}'],
    ['disk-usage-report-of-the-week and a task-runner', 'disk-usage-report-of-the-week and a task-runner'],
    ['ghp_0123456789abcdef, sbp_0123456789', '[redacted], [redacted]'],
    ['postgres://me:pa55@db.example/x', 'postgres://[redacted]@db.example/x'],
    ['eyJhbGciOi.eyJzdWIi.c2ln', '[redacted]'],
  ])('of %j leaves %j', async (text, left) => {
    expect(await sql`select ops.redact_text(${text}) as text`).toEqual([{ text: left }]);
  });
});

describe('no value of a secret', () => {
  const canary = 'canary-7f3a91c2d4';

  it('is in any table of ops, whatever answers, errors and reports say', async () => {
    await setSecret('canary', canary);
    await setSecret('canary_url', `https://${canary}.example`);
    const call = secretUrlCall('canary_url', {
      auth: [{ kind: 'run_token' }, { kind: 'bearer', secret: 'canary' }],
    });
    const words: (string | undefined)[] = [];

    await declareJob(sql, 'echo', { call });
    words.push(await fire(sql, 'echo', slot));
    const token = tokenOf(await lastRequest(sql, 'echo'));
    await answer(sql, 'echo', {
      at: slot,
      status: 500,
      content: `you sent ${canary} and ${token} to https://${canary}.example`,
    });

    await declareJob(sql, 'reporter', { call, expect: { report: true } });
    words.push(await fire(sql, 'reporter', slot));
    const reporterToken = tokenOf(await lastRequest(sql, 'reporter'));
    await sql`select ops.report_run(${reporterToken}, false, ${sql.json({ seen: canary })}, ${`failed with ${canary}`})`;

    await declareJob(sql, 'refused', { call });
    await sql`select vault.update_secret((select id from vault.secrets where name = 'canary_url'), ${`https://${canary}:port`})`;
    words.push(await fire(sql, 'refused', slot));

    await declareJob(sql, 'talker', {
      call: sqlCall(
        `do $$ begin raise exception 'the key is %', (select decrypted_secret from vault.decrypted_secrets where name = 'canary'); end $$`,
      ),
    });
    words.push(await fire(sql, 'talker', slot));
    await collect(sql, '2027-01-01T10:01:00Z');

    expect((await onlyRun(sql, 'talker')).error).toBe('sql_error:P0001 the key is [redacted]');
    expect(await onlyRun(sql, 'reporter')).toMatchObject({
      result: { seen: '[redacted]' },
      error: 'report_failed - failed with [redacted]',
    });
    expect(words.join()).not.toContain(canary);
    const tables = await sql<{ name: string }[]>`
      select table_name as name from information_schema.tables where table_schema = 'ops' and table_type = 'BASE TABLE'
    `;
    expect(tables.length).toBeGreaterThan(9);
    for (const { name } of tables) {
      const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(`ops.${name}`)} t`;
      for (const { text } of rows) {
        expect(text).not.toContain(canary);
        expect(text).not.toContain(token);
        expect(text).not.toContain(reporterToken);
      }
    }
    // An error that is caught is not logged; one that is not must not quote what it handled.
    const [place] = await database.superuser<
      { folder: string }[]
    >`select current_setting('data_directory') as folder`;
    const log = readFileSync(join(place?.folder ?? '', '..', 'server.log'), 'utf8');
    expect(log).toContain('database system is ready');
    expect(log).not.toContain(canary);
    expect(log).not.toContain(token);
  });
});
