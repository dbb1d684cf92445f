import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';

const source = path.resolve(import.meta.dirname, '..', '..', '..');
const secretValue = 'a-test-value-that-is-long-enough-0123456789';

let database: TestDatabase;
let root: string;
beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
  root = mkdtempSync(path.join(tmpdir(), 'opsroom-commands-'));
  for (const folder of ['runbooks', 'migrations', 'functions'])
    cpSync(path.join(source, folder), path.join(root, folder), { recursive: true });
});
afterAll(async () => {
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a shell runs it: no terminal, environment `local` on the test database. */
function opsroom(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(source, 'actions/cli.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      OPSROOM_LOCAL_DATABASE_URL: database.url,
      OPS_PROJECT_URL: 'http://127.0.0.1:9',
      OPS_JOB_QUEUE_WORKER_ENDPOINT: 'http://127.0.0.1:9/functions/v1/job-worker',
      OPS_ANON_KEY: secretValue,
      OPS_INTERNAL_JOB_TOKEN: secretValue,
      OPS_ARCHIVE_ODOO_FILES_TOKEN: secretValue,
      JOB_QUEUE_RUNNER_SECRET: secretValue,
      OPS_ADVISORY_TOKEN: secretValue,
    },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

describe('the command line', { timeout: 60_000 }, () => {
  test('validate: 0 for good files; a bad one is 1 with its place, as text, JSON and annotation', async () => {
    expect(await opsroom('validate')).toMatchObject({ code: 0, err: '' });
    const file = path.join(root, 'runbooks/cron/bad.yaml');
    writeFileSync(file, 'schedule: "* * * * *"\ncall:\n  sql: selec 1\nshedule: x\n');
    try {
      const [text, json, github] = await Promise.all([
        opsroom('validate'),
        opsroom('validate', '--format', 'json'),
        opsroom('validate', '--format', 'github'),
      ]);
      expect([text.code, json.code, github.code]).toEqual([1, 1, 1]);
      expect(text.out).toMatch(/bad\.yaml:3:8 error[\s\S]*bad\.yaml:4:1 error/);
      expect(JSON.parse(json.out)).toBeTypeOf('object');
      expect(github.out).toMatch(/::error file=runbooks\/cron\/bad\.yaml,line=3,/);
      const plan = await opsroom('plan');
      expect(plan.code).toBe(1);
      expect(plan.err).toMatch(/nothing was done/);
    } finally {
      rmSync(file);
    }
  });

  test('plan --detailed-exitcode says 2, apply wants a yes, and afterwards there is nothing to do', async () => {
    const before = await opsroom('plan', '--detailed-exitcode', '--format', 'json');
    expect(before.code, before.err).toBe(2);
    const plan = JSON.parse(before.out) as {
      schema_version: number;
      digest: string;
      counts: { create: number };
      changes: unknown[];
    };
    expect(plan.schema_version).toBe(1);
    expect(plan.counts.create).toBe(plan.changes.length);

    const unasked = await opsroom('apply');
    expect(unasked.code).toBe(1);
    expect(unasked.err).toMatch(/--yes/);
    const part = await opsroom('apply', '--yes', '--expect-digest', plan.digest.slice(0, 12));
    expect(part).toMatchObject({ code: 1, err: expect.stringContaining('64 hexadecimal digits') });
    expect((await opsroom('plan')).out).toContain(`digest ${plan.digest}`);
    const moved = await opsroom('apply', '--yes', '--expect-digest', '0'.repeat(64));
    expect(moved.code).toBe(1);
    expect(await opsroom('plan', '--detailed-exitcode')).toMatchObject({ code: 2 });

    const applied = await opsroom('apply', '--yes', '--expect-digest', plan.digest);
    expect(applied.code, applied.err).toBe(0);
    const after = await opsroom('plan', '--detailed-exitcode');
    expect(after.code, after.out).toBe(0);
    // The refused one came before schema ops: there was nowhere to write it down.
    const audits = await database.sql`select result, actor from ops.reconciliations order by id`;
    expect(audits.map((row) => row.result)).toEqual(['applied']);
  });

  test('drift is 0 until somebody changes a job by hand, names it, and apply puts it back', async () => {
    expect(await opsroom('drift')).toMatchObject({ code: 0 });
    await database.sql`
      select cron.alter_job(jobid, schedule => '*/5 * * * *') from cron.job where jobname = 'ops_prune_history'`;
    const drift = await opsroom('drift');
    expect(drift.code).toBe(2);
    expect(drift.out).toMatch(/ops_prune_history[\s\S]*changed by hand/);
    expect(await opsroom('apply', '--yes')).toMatchObject({ code: 0 });
    expect(await opsroom('drift')).toMatchObject({ code: 0 });
  });

  test('fire tells a failed outcome with its reason and runs lists it; an unknown job gets the nearest name', async () => {
    await database.sql`select vault.update_secret(id, 'short') from vault.secrets where name = 'project_url'`;
    const fired = await opsroom('fire', 'ops-advisory-scan');
    expect(fired.code).toBe(1);
    expect(fired.out).toMatch(/failed.*url_invalid|failed.*secret_invalid/);
    const runs = await opsroom('runs', '--failed', '--format', 'json');
    expect(JSON.parse(runs.out)).toMatchObject([{ job: 'ops-advisory-scan', status: 'failed' }]);
    expect((await opsroom('runs', 'ops-advisory-scan')).out).toMatch(/ops-advisory-scan/);
    expect(await opsroom('fire', 'ops-advisory-scn')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Did you mean ops-advisory-scan?'),
    });
  });

  test('adopt shows a hand-made job as YAML with its secret gone, writes it on request, and the next apply owns it', async () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJlLW9mLWEtdGVzdA';
    const command = `select net.http_post(url := 'https://abcdefghijklmnopqrst.supabase.co/functions/v1/hand-made', headers := '{"Content-Type":"application/json","Authorization":"Bearer ${token}"}'::jsonb, body := '{"a":1}'::jsonb, timeout_milliseconds := 5000)`;
    await database.sql`select cron.schedule('hand-made', '7 * * * *', ${command})`;

    const plan = await opsroom('plan');
    expect(plan.out).toMatch(/Not managed here[\s\S]*hand-made/);
    const adopted = await opsroom('adopt', 'hand-made', '--write', '--store-secrets');
    expect(adopted.code, adopted.err).toBe(0);
    expect(adopted.out + adopted.err).not.toContain(token);
    expect(readFileSync(path.join(root, 'runbooks/cron/hand-made.yaml'), 'utf8')).not.toContain(token);
    expect(readFileSync(path.join(root, 'runbooks/secrets.yaml'), 'utf8')).toMatch(/^\w*hand_made\w*:/m);

    const validated = await opsroom('validate');
    expect(validated.code, validated.out).toBe(0);
    const applied = await opsroom('apply', '--yes');
    expect(applied.code, applied.out + applied.err).toBe(0);
    expect(applied.out).toMatch(/= adopt hand-made/);
    const [job] = await database.sql`select command from cron.job where jobname = 'hand-made'`;
    expect(job?.command).toBe("select ops.fire('hand-made')");
    expect(await opsroom('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  });

  test('a wrong word gets help, not a stack', async () => {
    for (const args of [
      ['paln'],
      ['plan', '--format', 'xml'],
      ['plan', '--env', 'prodution'],
      ['fire'],
      ['runs', '--limit', '0'],
    ]) {
      const { code, err } = await opsroom(...args);
      expect(code, args.join(' ')).toBe(1);
      expect(err, args.join(' ')).not.toMatch(/\n\s+at /);
      expect(err, args.join(' ')).not.toBe('');
    }
  });
});
