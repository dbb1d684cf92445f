import { describe, expect, it } from 'vitest';
import { readMarked } from './marked.ts';

const JOB = 'runbooks/cron/job.yaml';

describe('one run says everything that is wrong with a job', () => {
  it.each([
    ['the schedule and the SQL', 'schedule: "5 §99 * * *"\ncall: { sql: "§copy t to stdout" }\n'],
    [
      'the schedule and a secret',
      'schedule: "5 §99 * * *"\ncall: { function: sync, auth: { bearer: §tokn }, timeout: 5s }\n',
    ],
    [
      'the schedule, that of an environment, and an environment that is none',
      'schedule: "5 §99 * * *"\ncall: { enqueue: tidy }\nenvironments: { local: { schedule: "§77 * * * *" }, §prod: {} }\n',
    ],
    [
      'the time zone and the SQL',
      'schedule: "5 * * * *"\ntimezone: §Mars\ncall: { sql: "§copy t to stdout" }\n',
    ],
    [
      'attempts, the SQL and an environment',
      'schedule: "5 * * * *"\nretry: { attempts: §0 }\ncall: { sql: "§begin" }\nenvironments: { §prod: {} }\n',
    ],
    [
      'two environments',
      'schedule: "5 * * * *"\ncall: { enqueue: tidy }\nenvironments: { local: { schedule: "5 5 §31 2 *" }, staging: { timezone: §Mars } }\n',
    ],
    [
      'the call and an environment',
      'schedule: "5 * * * *"\ncall: { function: sync, timeout: §500s }\nenvironments: { local: { timezone: §Mars } }\n',
    ],
  ])('%s', async (_, text) => {
    const { marks, places } = await readMarked(JOB, `owner: "@a"\n${text}`);
    expect(places).toEqual(marks);
  });

  it('a wrong time zone is said once, however many environments keep it', async () => {
    const text =
      'owner: "@a"\nschedule: "5 §99 * * *"\ncall: { enqueue: tidy }\nenvironments: { local: { timezone: UTC } }\n';
    const { marks, places } = await readMarked(JOB, text);
    expect(places).toEqual(marks);
  });
});

describe('what an environment changes of a call is held to the same rules', () => {
  it.each([
    ['a timeout no request may have', 'function: sync, timeout: 5s', 'timeout: §20m', 'invalid-value'],
    ['a long timeout', 'function: sync, timeout: 5s', 'timeout: §2m', 'timeout-long'],
    ['long SQL', 'sql: select 1', 'timeout: §20m', 'timeout-long'],
    ['a body for a GET', 'function: sync, method: get, timeout: 5s', '§body: {}', 'call-body'],
  ])('%s', async (_, call, change, code) => {
    const text = `owner: "@a"\nschedule: "5 * * * *"\ncall: { ${call} }\nenvironments: { local: { call: { ${change} } } }\n`;
    const { marks, places, codes } = await readMarked(JOB, text);
    expect([places, codes]).toEqual([marks, [code]]);
  });
});

describe('what a job may not say', () => {
  it.each([
    ['a window without length', 'expect: { min_success: §95%/0h }\n', 'call: { enqueue: tidy }'],
    ['a window of many years', 'expect: { min_success: §95%/9999d }\n', 'call: { enqueue: tidy }'],
    ['a list of no proof', '', 'call: { function: sync, auth: §[], timeout: 5s }'],
    ['a URL with a blank', '', 'call: { http: { url: §"https://example.com/a b" }, timeout: 5s }'],
    [
      'a foreign host behind a name',
      '',
      'call: { http: { url: §"https://me@zzzzzzzzzzzzzzzzzzzz.supabase.co/x" }, timeout: 5s }',
    ],
    [
      '`H` written like a function',
      '',
      'call: { enqueue: tidy }\nenvironments: { local: { schedule: "§H(5) * * * *" } }',
    ],
  ])('%s', async (_, more, call) => {
    const { marks, places } = await readMarked(JOB, `owner: "@a"\nschedule: "5 * * * *"\n${more}${call}\n`);
    expect(places).toEqual(marks);
  });
});

describe('environments and secrets', () => {
  const environment = '{ lane: staging, connection: { env: QA } }';
  it.each([
    ['runbooks/environments.yaml', `§QA: ${environment}\n`],
    ['runbooks/environments.yaml', `§"q a": ${environment}\n`],
    ['runbooks/environments.yaml', `§${'q'.repeat(64)}: ${environment}\n`],
    ['runbooks/secrets.yaml', '§A/B: { value: { env: A } }\n'],
  ])('%s refuses a name such as %s', async (path, text) => {
    const { marks, places, codes } = await readMarked(path, text);
    expect(codes[0]).toBe('invalid-name');
    expect(places[0]).toBe(marks[0]);
  });

  it.each(['^https://|^http://', '^https://a|.*', '(^https://)', '^https?://'])(
    'a shape such as %s does not hold a URL to https',
    async (shape) => {
      const text = `project_url: { value: { env: U }, shape: §'${shape}' }\ntoken: { value: { env: T } }\n`;
      const { marks, places, codes } = await readMarked('runbooks/secrets.yaml', text);
      expect([places, codes]).toEqual([marks, ['secret-url-shape']]);
    },
  );

  it.each(['^https://', '^https://(a|b)\\.example\\.com$', '^https://[a|b]'])('%s does', async (shape) => {
    const text = `project_url: { value: { env: U }, shape: '${shape}' }\ntoken: { value: { env: T } }\n`;
    expect((await readMarked('runbooks/secrets.yaml', text)).codes).toEqual([]);
  });
});
