import { describe, expect, it } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DeclarationResult } from '../../../actions/_shared/declare/model.ts';
import { FULL_JOB } from './samples.ts';

const ENVIRONMENTS = `production:
  lane: production
  connection: { env: PRODUCTION_URL }
  project_ref: abcdefghijklmnopqrst
staging: { lane: staging, connection: { env: STAGING_URL } }
local: { lane: development, connection: { env: LOCAL_URL }, jobs: awake }
`;
const SECRETS = `project_url:
  value: { env: OPS_PROJECT_URL }
  shape: ^https://
  environments: { local: { shape: '^http://127\\.0\\.0\\.1' } }
internal_job_token: { value: { env: TOKEN }, max_age: 90d }
`;
const GOOD =
  'schedule: "0 0 * * *"\nowner: "@a"\ncall: { function: sync, auth: { header: x-job-token, secret: internal_job_token }, timeout: 5s }\n';

function load(files: Record<string, string | Uint8Array>): Promise<DeclarationResult> {
  const base = {
    'runbooks/environments.yaml': ENVIRONMENTS,
    'runbooks/secrets.yaml': SECRETS,
    'runbooks/cron/good.yaml': GOOD,
  };
  return loadDeclarations({ root: '/nowhere', read: memoryReader({ ...base, ...files }) });
}

/** `code line:column` of everything said, and the hint where a test wants it. */
async function said(files: Record<string, string | Uint8Array>): Promise<string[]> {
  const { diagnostics } = await load(files);
  return diagnostics.map(({ code, location }) => `${code} ${location.line}:${location.column}`);
}

const job = (text: string): Record<string, string> => ({ 'runbooks/cron/job.yaml': text });
const sql = 'call: { sql: select 1 }\n';
const head = 'owner: "@a"\nschedule: "0 0 * * *"\n';

describe('a faulty job says where', () => {
  it.each([
    ['a mistyped key', `${head}${sql}shedule: x\n`, ['unknown-key 4:1']],
    ['a mistyped key deep inside', `${head}${sql}retry:\n  attempts: 2\n  backof: 3s\n`, ['unknown-key 6:3']],
    ['a missing schedule', `owner: "@a"\n${sql}`, ['missing-key 1:1']],
    ['a missing call', head, ['missing-key 1:1']],
    ['a missing timeout', `${head}call: { function: sync }\n`, ['missing-key 3:1']],
    ['an empty call', `${head}call: {}\n`, ['call-kinds 3:1']],
    ['two calls', `${head}call: { sql: select 1, function: sync, timeout: 1s }\n`, ['call-kinds 3:24']],
    ['a mistyped call', `${head}call: { functon: sync, timeout: 5s }\n`, ['unknown-key 3:9']],
    ['a call that is a word', `${head}call: sync\n`, ['wrong-type 3:7']],
    ['a number for a duration', `${head}call: { function: sync, timeout: 10 }\n`, ['wrong-type 3:34']],
    ['a duration out of bounds', `${head}call: { function: sync, timeout: 20m }\n`, ['invalid-value 3:34']],
    ['a wrong word', `${head}${sql}overlap: skipp\n`, ['unknown-value 4:10']],
    ['a wrong owner', `owner: nobody\nschedule: "0 0 * * *"\n${sql}`, ['invalid-value 1:8']],
    ['too many attempts', `${head}${sql}retry: { attempts: 99 }\n`, ['out-of-bounds 4:20']],
    ['a wrong cause', `${head}${sql}retry: { attempts: 2, on: [5xx, tiemout] }\n`, ['invalid-value 4:33']],
    [
      'a mistyped key of auth',
      `${head}call: { function: sync, timeout: 5s, auth: { heder: x, secret: y } }\n`,
      ['unknown-key 3:46'],
    ],
    ['a share without a window', `${head}${sql}expect: { min_success: 95% }\n`, ['invalid-value 4:24']],
    [
      'a schedule with faults',
      `owner: "@a"\nschedule: "*/60 * 10-5 * *"\n${sql}`,
      ['schedule-step-out-of-bounds 2:12', 'schedule-reversed-range 2:19'],
    ],
    ['an unknown time zone', `${head}timezone: America/NewYork\n${sql}`, ['unknown-timezone 3:11']],
    ['an offset for a time zone', `${head}timezone: "+02:00"\n${sql}`, ['unknown-timezone 3:11']],
    ['a time zone in the wrong case', `${head}timezone: europe/berlin\n${sql}`, ['unknown-timezone 3:11']],
    [
      'a faulty schedule in an override',
      `${head}${sql}environments:\n  staging:\n    schedule: "@yearly"\n`,
      ['schedule-broken-macro 6:16'],
    ],
    [
      'an override that means nothing',
      `${head}${sql}environments:\n  staging: { call: { body: {} } }\n`,
      ['override-call 5:22'],
    ],
    [
      'an environment nobody declared',
      `${head}${sql}environments: { stagging: { active: true } }\n`,
      ['environment-undeclared 4:17'],
    ],
    [
      'a secret nobody declared',
      `${head}call: { function: sync, auth: { bearer: internal_jop_token }, timeout: 5s }\n`,
      ['secret-undeclared 3:41'],
    ],
    [
      'an url and its secret',
      `${head}call: { http: { url: "https://x.org", url_secret: project_url }, timeout: 5s }\n`,
      ['call-url 3:9'],
    ],
    ['no url at all', `${head}call: { http: { method: get }, timeout: 5s }\n`, ['call-url 3:9']],
    [
      'a url in the clear',
      `${head}call: { http: { url: "http://example.org" }, timeout: 5s }\n`,
      ['call-url 3:22'],
    ],
    ['a url that is none', `${head}call: { http: { url: "example.org" }, timeout: 5s }\n`, ['call-url 3:22']],
    [
      'a body in a get',
      `${head}call: { function: sync, method: get, body: { a: 1 }, timeout: 5s }\n`,
      ['call-body 3:38'],
    ],
    [
      'a credential in a header',
      `${head}call: { function: sync, headers: { Authorization: Bearer x }, timeout: 5s }\n`,
      ['call-header 3:36'],
    ],
    [
      'a header of ours',
      `${head}call: { function: sync, headers: { x-ops-job: x }, timeout: 5s }\n`,
      ['call-header 3:36'],
    ],
    [
      'another content type',
      `${head}call: { function: sync, headers: { Content-Type: text/plain }, timeout: 5s }\n`,
      ['call-header 3:36'],
    ],
    [
      'a token written out',
      `${head}call: { function: sync, body: { key: sb_secret_abcdefghijkl }, timeout: 5s }\n`,
      ['literal-secret 3:38'],
    ],
    [
      'a token in a comment',
      `# eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln\n${head}${sql}`,
      ['literal-secret 1:3'],
    ],
    [
      'a timeout longer than the cadence',
      'owner: "@a"\nschedule: "* * * * *"\ncall: { sql: select 1, timeout: 2m }\n',
      ['timeout-exceeds-cadence 3:33'],
    ],
    [
      'a request that holds up others',
      `${head}call: { function: sync, timeout: 2m }\n`,
      ['timeout-long 3:34'],
    ],
    [
      'a missed run without slots',
      `owner: "@a"\nschedule: 30 seconds\nmisfire: once\n${sql.replace('1 }', '1, timeout: 5s }')}`,
      ['misfire-without-slots 3:10'],
    ],
    ['nobody in charge', `schedule: "0 0 * * *"\n${sql}`, ['job-unowned 1:1']],
    [
      'the key to everything',
      `${head}call: { function: sync, auth: { bearer: supabase_service_role_key }, timeout: 5s }\n`,
      ['auth-service-role 3:25', 'secret-undeclared 3:41'],
    ],
    ['a duplicate key', `${head}${sql}owner: "@b"\n`, ['duplicate-key 4:1']],
    ['a tab', `${head}call:\n\tsql: select 1\n`, ['yaml-tab 4:1']],
    ['an anchor', `${head}${sql}description: &a x\n`, ['yaml-alias 4:14']],
    ['an unquoted schedule', `schedule: */5 * * * *\n${sql}`, ['yaml-alias 1:11']],
    ['an unquoted macro', `schedule: @daily\n${sql}`, ['yaml-syntax 1:11']],
    ['a tag', `${head}${sql}description: !secret x\n`, ['yaml-tag 4:14']],
    ['two documents', `${head}${sql}---\na: 1\n`, ['yaml-multiple-documents 4:1']],
    ['an empty file', '', ['empty-file 1:1']],
    ['only a comment', '# later\n', ['empty-file 1:1']],
    ['a list', '- a\n- b\n', ['wrong-type 1:1']],
    ['a zero byte', `${head}${sql}description: "a\\0b"\n`, ['yaml-character 4:14']],
    [
      'a number that loses digits',
      `${head}call: { enqueue: x, payload: { id: 90071992547409931 } }\n`,
      ['yaml-number 3:36'],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await said(job(text))).toEqual(expected);
  });

  it.each([
    ['shedule', `shedule: x\n${head}${sql}`, '`schedule`'],
    ['a time zone', `${head}timezone: America/NewYork\n${sql}`, '`America/New_York`'],
    ['an environment', `${head}${sql}environments: { stagging: {} }\n`, '`staging`'],
    [
      'a secret',
      `${head}call: { function: sync, auth: { bearer: internal_jop_token }, timeout: 5s }\n`,
      '`internal_job_token`',
    ],
    ['a word', `${head}${sql}overlap: queue-one\n`, '`queue_one`'],
    ['a call', `${head}call: { functon: sync, timeout: 5s }\n`, '`function`'],
  ])('the nearest right word is named for %s', async (_, text, word) => {
    const { diagnostics } = await load(job(text));
    expect(diagnostics[0]?.hint).toContain(word);
  });

  it('every fault of a run is shown, in the order of files and lines', async () => {
    const files = {
      ...job(`shedule: x\nschedule: "61 * * * *"\nowner: nobody\n${sql}`),
      'runbooks/cron/a.yaml': 'call: 1\n',
      'runbooks/secrets.yaml': `${SECRETS}bad: { vlaue: 1 }\n`,
    };
    expect(await said(files)).toEqual([
      'missing-key 1:1',
      'wrong-type 1:7',
      'unknown-key 1:1',
      'schedule-out-of-bounds 2:12',
      'invalid-value 3:8',
      'missing-key 6:1',
      'unknown-key 6:8',
    ]);
  });
});

describe('files and names', () => {
  it.each([
    ['a name in capitals', { 'runbooks/cron/Job.yaml': GOOD }, 'invalid-name'],
    ['a name with a dot', { 'runbooks/cron/a.b.yaml': GOOD }, 'invalid-name'],
    ['a long name', { [`runbooks/cron/${'a'.repeat(64)}.yaml`]: GOOD }, 'invalid-name'],
    ['names that differ in case', { 'runbooks/cron/GOOD.yaml': GOOD }, 'duplicate-name'],
    ['another ending', { 'runbooks/cron/a.yml': GOOD }, 'unread-file'],
    ['a folder in a folder', { 'runbooks/cron/sub/a.yaml': GOOD }, 'unread-file'],
    ['a kind nobody knows', { 'runbooks/crons/a.yaml': GOOD }, 'unread-file'],
    ['UTF-16', { 'runbooks/cron/a.yaml': new Uint8Array([0xff, 0xfe, 0x61, 0]) }, 'file-encoding'],
    [
      'bytes that are no text',
      { 'runbooks/cron/a.yaml': new Uint8Array([0x61, 0xc3, 0x28]) },
      'file-encoding',
    ],
    ['a huge file', { 'runbooks/cron/a.yaml': ' '.repeat(300_000) }, 'file-encoding'],
    ['a copy beside the file', { 'runbooks/cron/a.yaml.bak': GOOD }, 'unread-file'],
    ['a badly named migration', { 'migrations/add_x.sql': 'select 1' }, 'migration-name'],
    ['an empty migration', { 'migrations/20260101000000_add_x.sql': ' \n' }, 'migration-empty'],
  ])('%s', async (_, files, code) => {
    const { diagnostics } = await load(files as unknown as Record<string, string>);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
  });

  it.each(['a.yaml~', '#a.yaml#', '.#a.yaml', '.a.yaml.swp', 'a.yaml.swo', '4913'])(
    'what an editor leaves beside a file, such as %s, is not looked at',
    async (name) => {
      expect(await said({ [`runbooks/cron/${name}`]: 'half a [', [`migrations/${name}`]: 'half' })).toEqual(
        [],
      );
    },
  );

  it('a byte order mark and Windows line ends are no fault', async () => {
    expect(await said(job(`\ufeff${head}${sql}`.replaceAll('\n', '\r\n')))).toEqual([]);
  });

  it('two migrations of one version are an error', async () => {
    const files = {
      'migrations/20260101000000_a.sql': 'select 1',
      'migrations/20260101000000_b.sql': 'select 2',
    };
    expect(await said(files)).toEqual(['migration-version 1:1']);
  });

  it('reads migrations in order, with checksums', async () => {
    const files = {
      'migrations/20260102000000_second.sql': 'select 2',
      'migrations/20260101000000_first.sql': 'select 1',
    };
    const { migrations } = (await load(files)).resolve('production');
    expect(migrations.map(({ version, name }) => `${version} ${name}`)).toEqual([
      '20260101000000 first',
      '20260102000000 second',
    ]);
    expect(migrations[0]?.checksum).toBe('822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f');
  });
});

describe('secrets', () => {
  const url = 'schedule: "0 0 * * *"\nowner: "@a"\ncall: { http: { url_secret: hook }, timeout: 5s }\n';
  it.each([
    ['no shape', 'hook: { value: { env: HOOK } }', ['secret-url-shape 6:1']],
    [
      'a shape that lets http in',
      'hook: { value: { env: HOOK }, shape: ^https?:// }',
      ['secret-url-shape 6:38'],
    ],
    [
      'a shape that does not start there',
      'hook: { value: { env: HOOK }, shape: https:// }',
      ['secret-url-shape 6:38'],
    ],
    ['https', 'hook: { value: { env: HOOK }, shape: ^https://hooks\\.example\\.org/ }', []],
    [
      'loopback in development',
      "hook: { value: { env: HOOK }, shape: ^https://, environments: { local: { shape: '^http://localhost:\\d+$' } } }",
      [],
    ],
    [
      'loopback in staging',
      "hook: { value: { env: HOOK }, shape: ^https://, environments: { staging: { shape: '^http://localhost' } } }",
      ['secret-url-shape 6:83'],
    ],
    [
      'a host that only begins like loopback',
      "hook: { value: { env: HOOK }, shape: ^https://, environments: { local: { shape: '^http://127.0.0.1.evil.org' } } }",
      ['secret-url-shape 6:81'],
    ],
  ])('used as a URL: %s', async (_, line, expected) => {
    const codes = await said({
      'runbooks/secrets.yaml': `${SECRETS}${line}\n`,
      'runbooks/cron/hook.yaml': url,
    });
    expect(codes).toEqual(expected);
  });

  it('a secret nobody uses is remarked, unless a job could not be read', async () => {
    const files = { 'runbooks/secrets.yaml': `${SECRETS}old: { value: { env: OLD } }\n` };
    expect(await said(files)).toEqual(['secret-unused 6:1']);
    expect(await said({ ...files, ...job('call: 1\n') })).not.toContain('secret-unused 6:1');
  });

  it('where a value was written instead of a name, it is an error of its own', async () => {
    const files = { 'runbooks/secrets.yaml': `${SECRETS}`.replace('{ env: TOKEN }', 'hunter2') };
    expect(await said(files)).toEqual(['environment-variable 5:30']);
  });

  it('resolves per environment', async () => {
    const result = await load({});
    expect(result.resolve('local').secrets[0]).toMatchObject({
      name: 'project_url',
      valueEnv: 'OPS_PROJECT_URL',
      shape: '^http://127\\.0\\.0\\.1',
    });
    expect(result.resolve('production').secrets[1]).toMatchObject({
      name: 'internal_job_token',
      maxAgeMs: 7_776_000_000,
      location: { line: 5 },
    });
  });
});

describe('foreign hosts', () => {
  const call = (ref: string): string =>
    `${head}call: { http: { url: "https://${ref}.supabase.co/functions/v1/x" }, timeout: 5s }\n`;
  it.each([
    ['a project that is none of ours', call('zzzzzzzzzzzzzzzzzzzz'), ['foreign-host 3:22']],
    ['our project, also awake on a laptop', call('abcdefghijklmnopqrst'), ['foreign-host 3:22']],
    [
      'our project, where it is ours',
      `${call('abcdefghijklmnopqrst')}environments: { local: { active: false } }\n`,
      [],
    ],
    ['no project at all', `${head}call: { http: { url: "https://example.org/x" }, timeout: 5s }\n`, []],
  ])('%s', async (_, text, expected) => {
    expect(await said(job(text))).toEqual(expected);
  });
});

describe('a good job', () => {
  it('means the same in every word', async () => {
    const result = await load(job(FULL_JOB));
    expect(result.diagnostics).toEqual([]);
    const production = result.resolve('production').jobs.find(({ name }) => name === 'job');
    expect(production).toMatchObject({
      name: 'job',
      cron: { command: "select ops.fire('job')", active: true },
      secrets: ['project_url', 'internal_job_token'],
      location: { file: 'runbooks/cron/job.yaml', line: 4, column: 1 },
      definition: {
        description: 'Pull fresh stats from the game platform',
        owner: '@data-team',
        call: {
          kind: 'http',
          function: 'sync',
          method: 'post',
          url_secret: 'project_url',
          path: '/functions/v1/sync',
          headers: { 'x-trace': 'on' },
          body: { mode: 'incremental', limit: 25, deep: { list: [1, 'two', 3.5, null, true] } },
          auth: [
            { kind: 'run_token' },
            { kind: 'header', header: 'x-job-token', secret: 'internal_job_token' },
          ],
          timeout_ms: 10_000,
        },
        retry: { attempts: 3, backoff_ms: 30_000, on: ['5xx', '429', 'timeout', 'network'] },
        overlap: 'queue_one',
        misfire: 'once',
        expect: {
          within_ms: 120_000,
          max_duration_ms: 60_000,
          min_success: { ratio: 0.995, window_ms: 86_400_000 },
          report: true,
        },
        alert: { after: 2, severity: 'critical', runbook: 'restart-sync' },
        schedule: { source: 'H/30 8-18 * * mon-fri', timezone: 'America/New_York', kind: 'cron' },
      },
    });
    expect(production?.cron.schedule).toBe('8,38 12-23 * * 1-5');
  });

  it('changes per environment only what the file changes', async () => {
    const result = await load(job(FULL_JOB));
    const find = (environment: string) => result.resolve(environment).jobs.find(({ name }) => name === 'job');
    expect(find('staging')).toMatchObject({
      cron: { schedule: '0 10,11 * * *', active: true },
      definition: {
        call: { body: { mode: 'full' }, timeout_ms: 20_000, function: 'sync' },
        alert: { after: 2 },
      },
    });
    expect(find('local')).toMatchObject({
      cron: { active: false },
      definition: {
        schedule: { timezone: 'UTC' },
        call: { timeout_ms: 10_000 },
        alert: { after: 5, severity: 'warning' },
      },
    });
  });

  it('sleeps outside production unless the file or the environment says otherwise', async () => {
    const result = await load({
      'runbooks/cron/awake.yaml': `${GOOD}environments: { staging: { active: true } }\n`,
      'runbooks/cron/never.yaml': `active: false\n${GOOD}`,
    });
    const active = (environment: string) =>
      Object.fromEntries(result.resolve(environment).jobs.map(({ name, cron }) => [name, cron.active]));
    expect(active('production')).toEqual({ awake: true, good: true, never: false });
    expect(active('staging')).toEqual({ awake: true, good: false, never: false });
    expect(active('local')).toEqual({ awake: true, good: true, never: false });
  });

  it.each([
    ['sql', 'call: { sql: select 1, timeout: 90s }', { kind: 'sql', sql: 'select 1', timeout_ms: 90_000 }],
    ['sql with its default', 'call: { sql: select 1 }', { kind: 'sql', sql: 'select 1', timeout_ms: 60_000 }],
    [
      'enqueue',
      'call: { enqueue: sync, payload: { a: 1 }, max_attempts: 5 }',
      { kind: 'enqueue', task_type: 'sync', payload: { a: 1 }, max_attempts: 5, await_report: false },
    ],
    [
      'runbook',
      'call: { runbook: restart, inputs: { hard: true } }',
      {
        kind: 'enqueue',
        task_type: 'runbook_run',
        payload: { runbook: 'restart', inputs: { hard: true } },
        max_attempts: 1,
        await_report: true,
      },
    ],
    [
      'workflow',
      'call: { workflow: deploy.yml, ref: main, inputs: { env: prod } }',
      {
        kind: 'enqueue',
        task_type: 'workflow_dispatch',
        payload: { workflow: 'deploy.yml', ref: 'main', inputs: { env: 'prod' } },
        max_attempts: 1,
        await_report: true,
      },
    ],
    [
      'http',
      'call: { http: { url_secret: project_url, path: /x, method: get }, timeout: 2s }',
      {
        kind: 'http',
        method: 'get',
        url_secret: 'project_url',
        path: '/x',
        headers: {},
        auth: [],
        timeout_ms: 2000,
      },
    ],
    [
      'function',
      'call: { function: sync, auth: none, timeout: 2s }',
      {
        kind: 'http',
        function: 'sync',
        method: 'post',
        url_secret: 'project_url',
        path: '/functions/v1/sync',
        headers: {},
        auth: [],
        timeout_ms: 2000,
      },
    ],
  ])('calls %s', async (_, call, expected) => {
    const result = await load(job(`${head}${call}\n`));
    expect(result.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const found = result.resolve('production').jobs.find(({ name }) => name === 'job');
    expect(found?.definition.call).toEqual(expected);
  });

  it('arms the timeout of SQL in the statement before, and keeps defaults out', async () => {
    const found = (await load(job(`${head}${sql}`)))
      .resolve('production')
      .jobs.find(({ name }) => name === 'job');
    expect(found?.cron).toEqual({
      schedule: '0 0 * * *',
      command: "set local statement_timeout = 60000; select ops.fire('job')",
      active: true,
    });
    expect(Object.keys(found?.definition ?? {})).toEqual(['schedule', 'call', 'owner']);
  });
});

describe('resolving', () => {
  it('names the known environments when there is no such one', async () => {
    const result = await load({});
    expect(() => result.resolve('prodution')).toThrow('there is no environment `prodution`');
    expect(() => result.resolve('prodution')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('`production`') }),
    );
  });

  it('refuses while any file has an error: a broken job must not look like a removed one', async () => {
    const result = await load(job('call: 1\n'));
    expect(() => result.resolve('production')).toThrow('the declarations have 2 errors');
  });

  it('an empty repository is no fault', async () => {
    const result = await loadDeclarations({ root: '/nowhere', read: memoryReader({}) });
    expect(result).toMatchObject({ diagnostics: [], environments: [], files: 0 });
  });
});
