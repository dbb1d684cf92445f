import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CronJobRow } from '../../../actions/_shared/database/cron-jobs.ts';
import { fileNames, jobFile } from '../../../actions/_shared/reconcile/adopt/job-file.ts';
import { environment } from '../../database/reconcile/desired.ts';

function row(command: string, changes: Partial<CronJobRow> = {}): CronJobRow {
  return {
    jobid: '7',
    jobname: 'a_job',
    schedule: '*/15 * * * *',
    command,
    database: 'postgres',
    username: 'postgres',
    active: true,
    owner_exists: true,
    ...changes,
  };
}

async function adopted(command: string, changes: Partial<CronJobRow> = {}) {
  const live = row(command, changes);
  const file = await jobFile(live, {
    name: fileNames([live], []).get(live) ?? '',
    environment: environment(),
    user: 'postgres',
    database: 'postgres',
  });
  return { ...file, yaml: parse(file.content) };
}

// The job of the archive migration as its team had it: fixed host, key out of the Vault, time in the body.
const ODOO = `
  SELECT net.http_post(
    url := 'https://uavzziigfnqpfdkczbdo.supabase.co/functions/v1/archive-odoo-files',
    headers := jsonb_build_object(
      'Content-Type', 'application/json',
      'Authorization', 'Bearer ' || (
        SELECT decrypted_secret FROM vault.decrypted_secrets
        WHERE name = 'supabase_service_role_key' LIMIT 1
      )
    ),
    body := jsonb_build_object('time', now())
  ) AS request_id;`;

// The same before it was repaired: a setting hosted databases don't have.
const ODOO_BROKEN = `select net.http_post(url:='https://uavzziigfnqpfdkczbdo.supabase.co/functions/v1/archive-odoo-files',
  headers:=jsonb_build_object('Authorization', 'Bearer ' || current_setting('supabase.service_role_key', true)), body:='{}'::jsonb)`;

const GAMES = `select
  net.http_post(
    url := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url') || '/functions/v1/sync',
    headers := jsonb_build_object(
      'Content-Type','application/json',
      'Authorization','Bearer ' || (select decrypted_secret from vault.decrypted_secrets where name = 'service_role_key')
    ),
    timeout_milliseconds := 10000
  );`;

const HEALTH = `select net.http_post(
  url := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url') || '/functions/v1/openrouter-health-check',
  headers := jsonb_build_object('Content-Type', 'application/json',
    'apikey', (select decrypted_secret from vault.decrypted_secrets where name = 'anon_key'),
    'x-job-token', (select decrypted_secret from vault.decrypted_secrets where name = 'internal_job_token')),
  body := '{"source": "pg_cron", "deep": {"n": 1}}'::jsonb) as request_id`;

describe('a request through pg_net', () => {
  it('of the Odoo archive becomes a function call with its key from the Vault', async () => {
    const { yaml, notes, references, secrets } = await adopted(ODOO);
    expect(yaml.call).toEqual({
      function: 'archive-odoo-files',
      auth: { bearer: 'supabase_service_role_key' },
      timeout: '5s',
    });
    expect(references).toEqual(['project_url', 'supabase_service_role_key']);
    expect(secrets).toEqual([]);
    expect(notes.join('\n')).toMatch(/uavzziigfnqpfdkczbdo[\s\S]*Left out of the body: time/);
  });

  it('that read a setting refers to a secret of its name instead', async () => {
    const { yaml, notes } = await adopted(ODOO_BROKEN);
    expect(yaml.call.auth).toEqual({ bearer: 'service_role_key' });
    expect(notes.join('\n')).toContain("current_setting('supabase.service_role_key')");
  });

  it('of the game platform keeps its timeout', async () => {
    const { yaml, notes } = await adopted(GAMES);
    expect(yaml.call).toEqual({ function: 'sync', auth: { bearer: 'service_role_key' }, timeout: '10s' });
    expect(notes).toEqual([]);
  });

  it('of the health check keeps both proofs and the body', async () => {
    const { yaml } = await adopted(HEALTH);
    expect(yaml.call).toEqual({
      function: 'openrouter-health-check',
      body: { source: 'pg_cron', deep: { n: 1 } },
      auth: [{ apikey: 'anon_key' }, { header: 'x-job-token', secret: 'internal_job_token' }],
      timeout: '5s',
    });
  });

  it('to a URL of its own, by get, with plain headers, and none of them secret', async () => {
    const { yaml } = await adopted(
      `select net.http_get('https://example.com/ping?x=1', '{}'::jsonb, '{"x-source": "cron"}'::jsonb, 2500)`,
    );
    expect(yaml.call).toEqual({
      http: { url: 'https://example.com/ping?x=1', method: 'get', headers: { 'x-source': 'cron' } },
      auth: 'none',
      timeout: '2500ms',
    });
  });

  it('to an endpoint out of the Vault', async () => {
    const { yaml } = await adopted(
      `select net.http_post(url := (select decrypted_secret from vault.decrypted_secrets where name = 'job_queue_worker_endpoint'), body := jsonb_build_object('limit', 25, 'dry', false, 'x', null))`,
    );
    expect(yaml.call.http).toEqual({
      url_secret: 'job_queue_worker_endpoint',
      body: { limit: 25, dry: false, x: null },
    });
  });

  it('with secrets written out refers to the Vault and holds none of them', async () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.Y2FuYXJ5LWNhbmFyeQ';
    const { content, yaml, secrets, references } = await adopted(
      `select net.http_post(url := 'https://example.com/hook', headers := '{"Content-Type": "application/json", "Authorization": "Bearer ${jwt}", "apikey": "sb_secret_canary123456", "x-job-token": "plain-canary"}'::jsonb)`,
    );
    expect(yaml.call.auth).toEqual([
      { bearer: 'a_job_bearer' },
      { apikey: 'a_job_apikey' },
      { header: 'x-job-token', secret: 'a_job_x_job_token' },
    ]);
    expect(references).toEqual(['a_job_bearer', 'a_job_apikey', 'a_job_x_job_token']);
    expect(secrets.map((secret) => secret.value)).toEqual([jwt, 'sb_secret_canary123456', 'plain-canary']);
    expect(content).not.toMatch(/canary|eyJ/);
  });
});

describe('every other command', () => {
  it.each([
    `delete from public.logs where created_at < now() - interval '14 days'`,
    `select public.refresh(); select net.http_post('https://example.com/a')`,
    `select net.http_post(url := 'https://example.com/' || to_char(now(), 'YYYY'))`,
    `select net.http_post(url := 'https://example.com', body := jsonb_build_object('n', (select count(*) from public.a)))`,
    'not sql at all',
  ])('stays SQL: %s', async (command) => {
    const { yaml } = await adopted(command);
    expect(yaml.call).toEqual({ sql: `${command}\n` });
  });

  it('keeps the blanks of its literals, and loses those that stand outside', async () => {
    const literal = "insert into public.notes values ('two blanks  \\n', $$ and one \\n$$)".replaceAll(
      '\\n',
      '\n',
    );
    expect((await adopted(literal)).yaml.call).toEqual({ sql: `${literal}\n` });
    expect((await adopted('select 1,  \n  2  ')).yaml.call).toEqual({ sql: 'select 1,\n  2\n' });
  });

  it('has its tokens moved into the Vault where they stand in a literal', async () => {
    const { content, yaml, secrets } = await adopted(
      `do $$ begin null; end $$; select net.http_post(url := 'https://example.com', headers := '{"Authorization": "Bearer sb_secret_canary123456"}'::jsonb)`,
    );
    expect(yaml.call.sql).toContain(
      `('{"Authorization": "Bearer ' || (select decrypted_secret from vault.decrypted_secrets where name = 'a_job_token') || '"}')::jsonb`,
    );
    expect(secrets.map((secret) => secret.name)).toEqual(['a_job_token']);
    expect(content).not.toContain('canary');
  });

  it('loses a secret nothing can take the place of, and says so', async () => {
    const { content, notes } = await adopted(`alter role reporting password 'canary-canary'`);
    expect(content).not.toContain('canary');
    expect(content).toContain('[redacted]');
    expect(notes.join()).toContain('by hand');
  });
});

describe('no value reaches a file, in whatever shape it stands in the command', () => {
  const post = (more: string) => `select net.http_post('https://api.example.com/x', ${more})`;

  it.each([
    ['a password in a URL', `select net.http_get('https://me:canary-pw@api.example.com/x')`, 1],
    ['a parameter of a URL', `select net.http_get('https://api.example.com/x?api_key=canary-key')`, 1],
    ['a webhook', `select net.http_post('https://hooks.example.com/T00/B00/a1b2c3canary4d5', '{}')`, 1],
    ['a header in JSON', post(`headers := '{"X-Functions-Key": "canary"}'::jsonb`), 1],
    ['a header nobody knows', post(`headers := jsonb_build_object('Private', 'canary1canary2')`), 1],
    ['Basic', post(`headers := jsonb_build_object('Authorization', 'Basic Y2FuYXJ5OmNhbmFyeQ==')`), 1],
    ['doubled quotes', post(`headers := jsonb_build_object('x-job-token', 'canary''canary')`), 1],
    ['an escape string', post(`headers := jsonb_build_object('apikey', E'can\\x61ry-canary')`), 1],
    ['dollar quotes', post(`headers := $h${'$'}{"x-job-token": "canary"}$h${'$'}::jsonb`), 1],
    ['the body', post(`body := '{"nested": {"password": "canary", "n": 1}}'::jsonb`), 1],
    ['a parameter', post(`params := '{"access_token": "canary"}'::jsonb`), 1],
    [
      'the path',
      `select net.http_post((select decrypted_secret from vault.decrypted_secrets where name = 'project_url') || '/x?key=canary')`,
      1,
    ],
    [
      'two halves',
      post(`headers := jsonb_build_object('Authorization', 'Bearer ' || 'canary' || 'canary') || '{}'`),
      0,
    ],
    ['a connection string', `select dblink('host=db user=me password=canary dbname=x', 'select 1')`, 1],
    ['a connection URL', `select dblink('postgres://admin:canary-canary@10.0.0.1/x', 'select 1')`, 1],
    ['a setting', `select set_config('app.service_key', 'canary', false)`, 1],
    ['the key of a cipher', `select pgp_sym_encrypt(t.note, 'canary') from public.t`, 1],
    ['a block', `do $$ begin -- don't\n perform public.call(secret := 'canary'); end $$`, 1],
    ['a role', `alter role app with encrypted password 'canary'`, 0],
    ['a program', `copy public.t from program 'curl -u me:canary https://x.example'`, 0],
    ['a comment', `select 1 -- token: canary\n; select 2 /* Bearer canary-canary */`, 0],
    ['a record', `select http((ARRAY[http_header('X-Api-Key','canary')],'{}')::http_request)`, 1],
    ['a message', `select public.notify('https://x.example', 'secret_key', 'canary')`, 1],
  ])('%s', async (_shape, command, moved) => {
    const { content, notes, secrets, references } = await adopted(command);
    expect(content).not.toMatch(/canary|Y2FuYXJ5|x61ry/);
    expect(secrets).toHaveLength(moved);
    expect(secrets.every(({ value }) => /canary|Y2FuYXJ5/.test(value))).toBe(true);
    for (const { name } of secrets) expect(references).toContain(name);
    if (moved === 0) expect(notes.join('\n')).toContain('complete the statement by hand');
  });

  it('and one that the command spells in another way is not said to be there to copy', async () => {
    const { secrets } = await adopted(post(`headers := jsonb_build_object('x-job-token', 'canary''canary')`));
    expect(secrets).toMatchObject([{ value: "canary'canary", verbatim: false }]);
  });

  it('a header put together of a word and a lookup is not lost', async () => {
    const command = post(
      `headers := jsonb_build_object('Authorization', 'Token ' || (select decrypted_secret from vault.decrypted_secrets where name = 'my_token'))`,
    );
    const { yaml, references, secrets } = await adopted(command);
    expect(yaml.call.sql.trim()).toBe(command);
    expect([references, secrets]).toEqual([['my_token'], []]);
  });

  it('jobs called alike have files and secrets of their own', () => {
    const rows = ['My Job', 'my-job', 'taken', null].map((jobname, index) =>
      row('select 1', { jobname, jobid: String(index) }),
    );
    expect([...fileNames(rows, ['taken']).values()]).toEqual(['my-job', 'my-job-2', 'taken-2', 'job-3']);
  });

  it('secrets of a job with a long name keep names of 63 characters that differ', async () => {
    const long = `j${'o'.repeat(62)}`;
    const { secrets } = await adopted(
      post(`headers := '{"apikey": "canary-one", "x-job-token": "canary-two"}'::jsonb`),
      { jobname: long },
    );
    expect(secrets.map(({ name }) => name.length)).toEqual([63, 63]);
    expect(new Set(secrets.map(({ name }) => name)).size).toBe(2);
  });
});

describe('where the file cannot be the live job', () => {
  it.each([
    [{ jobname: 'My Job!' }, 'my-job', /"My Job!" is no name/],
    [{ jobname: null }, 'job-7', /no name/],
    [{ username: 'reporting' }, 'a_job', /belongs to role reporting[\s\S]*unschedule\(7\)/],
    [{ database: 'other' }, 'a_job', /runs in database other/],
    [{ command: "select ops.fire('sync')" }, 'a_job', /fires job sync[\s\S]*unschedule\(7\)/],
  ])('says what to do: %j', async (changes, name, note) => {
    const file = await adopted('select 1', changes);
    expect(file.name).toBe(name);
    expect(file.notes.join('\n')).toMatch(note);
  });

  it('keeps a sleeping job asleep, and one that runs in staging awake there only', async () => {
    expect((await adopted('select 1', { active: false })).yaml.active).toBe(false);
    const staging = environment({ name: 'staging', lane: 'staging', jobsAwake: false });
    const file = await jobFile(row('select 1'), {
      name: 'a_job',
      environment: staging,
      user: 'postgres',
      database: 'postgres',
    });
    expect(parse(file.content).environments).toEqual({ staging: { active: true } });
  });
});
