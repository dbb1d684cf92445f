import { randomUUID } from 'node:crypto';
import postgres, { type TransactionSql } from 'postgres';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { asCaller, type Caller } from '../rls/session.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const api = postgres({
  ...database.connectAs(database.name, 'authenticator'),
  max: 4,
  onnotice: () => undefined,
});
afterAll(async () => {
  await api.end();
  await database.drop();
});

const ada: Caller & { userId: string } = { role: 'authenticated', userId: randomUUID() };
const bob: Caller & { userId: string } = { role: 'authenticated', userId: randomUUID() };
const admin: Caller & { userId: string } = { role: 'authenticated', userId: randomUUID() };
await sql`insert into ops.admins (user_id) values (${admin.userId})`;
const [org] = await sql`insert into ops.orgs (name, slug) values ('Example', 'example') returning id`;
for (const { userId } of [ada, bob])
  await sql`insert into ops.org_members (org_id, user_id) values (${org?.id}, ${userId})`;
const yaml = 'version: 1\ninputs: []\nsteps: [{ id: a, title: A, kind: system }]';
await service`
  select ops.upsert_run_template('deploy', 'Deploy', ${yaml}, p_approval => '{production}', p_environments => '{production,staging}')`;
await service`select ops.upsert_run_template('incident', 'Incident response', ${yaml}, p_max_attempts => 2)`;
beforeEach(() => sql`truncate ops.runs, ops.run_events cascade`);

interface Run {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly lease_token: string;
  readonly created_by: string | null;
  readonly approved_by: string | null;
  readonly error: string | null;
  readonly retry_of: string | null;
}
const as = <T>(caller: Caller, act: (sql: TransactionSql) => Promise<T>): Promise<T> =>
  asCaller(api, caller, act);

async function create(
  caller: Caller,
  template: string,
  env: string,
  inputs: Record<string, string> = {},
): Promise<Run> {
  const [run] = await as(
    caller,
    (q) => q<Run[]>`
    select * from ops.create_run(p_template => ${template}, p_env => ${env}, p_inputs => ${q.json(inputs)}, p_source => 'button')`,
  );
  if (run === undefined) throw new Error('no run');
  return run;
}
async function claim(worker = 'executor'): Promise<Run | undefined> {
  const [run] = await service<Run[]>`select * from ops.claim_run(${worker})`;
  return run;
}
async function claimed(worker?: string): Promise<Run> {
  const run = await claim(worker);
  if (run === undefined) throw new Error('nothing to claim');
  return run;
}
async function setStatus(
  run: Run,
  status: string,
  more: { phase?: string; digest?: string; error?: string } = {},
) {
  const [row] = await service<{ done: boolean }[]>`
    select ops.set_run_status(
      ${run.id}, ${run.lease_token}, ${status}, p_phase => ${more.phase ?? null}, p_plan_digest => ${more.digest ?? null},
      p_error => ${more.error ?? null}
    ) as done`;
  return row?.done;
}
async function append(run: Run, first: number, messages: readonly string[]) {
  const events = messages.map((message, index) => ({ seq: first + index, message }));
  const [row] =
    await service`select ops.append_run_events(${run.id}, ${run.lease_token}, ${sql.json(events)}) as done`;
  return row?.done;
}
async function look(id: string): Promise<Run> {
  const [run] = await sql<Run[]>`select * from ops.runs where id = ${id}`;
  if (run === undefined) throw new Error('no such run');
  return run;
}
async function log(id: string): Promise<string[]> {
  const rows = await sql`select attempt, message from ops.list_run_events(${id})`;
  return rows.map((row) => `${row.attempt} ${row.message}`);
}
async function expire(id: string): Promise<void> {
  await sql`update ops.runs set lease_expires_at = now() - interval '1 second' where id = ${id}`;
}

describe('a run', () => {
  it('is started, claimed, logged and ended', async () => {
    const { id, created_by } = await create(ada, 'incident', 'staging', { service: 'api' });
    expect(created_by).toBe(ada.userId);
    const jobs = await sql`
      select task_type, payload, unique_key from ops.job_queue where payload ->> 'run_id' = ${id}`;
    expect(jobs).toEqual([{ task_type: 'runbook_run', payload: { run_id: id }, unique_key: id }]);
    const run = await claimed();
    expect(run).toMatchObject({ id, status: 'running', attempt: 1, worker: 'executor' });
    expect(await claim()).toBeUndefined();
    await setStatus(run, 'running', { phase: 'execute' });
    expect(await append(run, 1, ['one', 'two'])).toEqual({ accepted: true, added: 2, cancel: false });
    expect(await setStatus(run, 'success')).toBe(true);
    expect(await append(run, 2, ['two', 'three'])).toEqual({ accepted: true, added: 1, cancel: false });
    expect(await log(id)).toEqual([
      '0 queued',
      '0 claimed by executor',
      '0 succeeded',
      '1 one',
      '1 two',
      '1 three',
    ]);
    const [whole] = await as(ada, (q) => q`select ops.get_run(${id}) as run`);
    expect(whole?.run).toMatchObject({ id, status: 'success', phase: 'execute', artifacts: [] });
    expect(await setStatus(run, 'error')).toBe(false);
  });

  it('is claimed by one of many, the oldest first', async () => {
    const first = await create(ada, 'incident', 'staging');
    await create(ada, 'incident', 'staging');
    const sessions = Array.from({ length: 8 }, () => database.as('service_role'));
    const claims = await Promise.all(
      sessions.map((session, index) => session<Run[]>`select * from ops.claim_run(${`worker ${index}`})`),
    );
    expect(
      claims
        .flat()
        .map((run) => run.id)
        .sort()[0],
    ).toBe(first.id);
    expect(claims.flat()).toHaveLength(2);
    expect(new Set(claims.flat().map((run) => run.id)).size).toBe(2);
  });

  it('whose executor went silent is begun again while it may be, and its first executor shut out', async () => {
    const { id } = await create(ada, 'incident', 'staging');
    const first = await claimed('first');
    await append(first, 1, ['early']);
    await expire(id);
    const second = await claimed('second');
    expect(second).toMatchObject({ id, attempt: 2 });
    expect(await append(first, 2, ['too late'])).toEqual({ accepted: false, added: 0, cancel: true });
    expect(await setStatus(first, 'success')).toBe(false);
    const beat = (run: Run) => service`select ops.heartbeat_run(${run.id}, ${run.lease_token}) as word`;
    expect(await beat(first)).toEqual([{ word: 'lost' }]);
    expect(await beat(second)).toEqual([{ word: 'ok' }]);
    await expire(id);
    expect(await service`select ops.rescue_runs() as n`).toEqual([{ n: 1 }]);
    expect(await look(id)).toMatchObject({
      status: 'error',
      error: 'lost - second went silent in phase none',
    });
    expect(await log(id)).not.toContain('1 too late');
  });

  it('is never begun twice when its steps may not be', async () => {
    const { id } = await create(ada, 'deploy', 'staging');
    await claimed();
    await expire(id);
    expect(await claim()).toBeUndefined();
    expect(await look(id)).toMatchObject({ status: 'error' });
  });
});

describe('approval', () => {
  const digest = 'sha256:1234567890abcdef';
  async function waiting(): Promise<Run> {
    const { id } = await create(ada, 'deploy', 'production');
    const run = await claimed();
    await expect(setStatus(run, 'running', { phase: 'execute' })).rejects.toThrow(
      'executes nothing before its plan is approved',
    );
    await expect(setStatus(run, 'success')).rejects.toThrow('executes nothing before its plan is approved');
    await expect(setStatus(run, 'awaiting_approval')).rejects.toThrow('an approval is for a digest');
    await setStatus(run, 'running', { phase: 'preflight' });
    expect(await setStatus(run, 'awaiting_approval', { digest })).toBe(true);
    return look(id);
  }
  const approve = (caller: Caller, id: string, what = digest) =>
    as(caller, (q) => q`select ops.approve_run(${id}, ${what}) as done`);

  it('lets a run go on with exactly what was approved', async () => {
    const { id } = await waiting();
    expect(await claim()).toBeUndefined();
    await expect(approve(admin, id, 'sha256:other')).rejects.toThrow('another plan');
    expect(await approve(admin, id)).toEqual([{ done: true }]);
    expect(await look(id)).toMatchObject({ status: 'queued', approved_by: `user ${admin.userId}` });
    const run = await claimed();
    expect(run.attempt).toBe(2);
    await expect(
      setStatus(run, 'running', { phase: 'execute', digest: 'sha256:other' }),
    ).rejects.toMatchObject({
      hint: 'What was approved is not what would run now.',
    });
    expect(await setStatus(run, 'running', { phase: 'execute', digest })).toBe(true);
    expect(await setStatus(run, 'success')).toBe(true);
  });

  it('is for admins, and not for who started it', async () => {
    const { id } = await waiting();
    await expect(approve(ada, id)).rejects.toMatchObject({ code: '42501' });
    await expect(approve(bob, id)).rejects.toMatchObject({ code: '42501' });
    await sql`update ops.runs set created_by = ${admin.userId} where id = ${id}`;
    await expect(approve(admin, id)).rejects.toThrow('somebody else must approve');
    await sql`update ops.runs set self_approval = true where id = ${id}`;
    expect(await approve(admin, id)).toEqual([{ done: true }]);
    expect(await approve(admin, id)).toEqual([{ done: false }]);
  });

  it('may be given by GitHub, which service_role speaks for', async () => {
    const { id } = await waiting();
    await service`select ops.approve_run(${id}, ${digest}, 'github:grace')`;
    expect(await look(id)).toMatchObject({ approved_by: 'github:grace' });
  });

  it('is asked for where the runbook says so, and cannot be wished away', async () => {
    await create(ada, 'deploy', 'staging');
    expect(await claimed()).toMatchObject({ approval_required: false });
    await as(ada, (q) => q`select ops.create_run('deploy', p_approval_required => false)`);
    expect(await claimed()).toMatchObject({ approval_required: true });
  });
});

describe('cancel and retry', () => {
  const cancel = (caller: Caller, id: string) =>
    as(caller, (q) => q`select ops.cancel_run(${id}, 'wrong hour') as done`);

  it('a waiting run ends at once, a running one is asked to', async () => {
    const first = await create(ada, 'incident', 'staging');
    expect(await cancel(ada, first.id)).toEqual([{ done: true }]);
    expect(await look(first.id)).toMatchObject({
      status: 'cancelled',
      error: `by user ${ada.userId}: wrong hour`,
    });
    expect(await cancel(ada, first.id)).toEqual([{ done: false }]);
    const { id } = await create(ada, 'incident', 'staging');
    const run = await claimed();
    expect(await cancel(admin, id)).toEqual([{ done: true }]);
    expect(await append(run, 1, ['x'])).toMatchObject({ cancel: true });
    expect(await service`select ops.heartbeat_run(${id}, ${run.lease_token}) as word`).toEqual([
      { word: 'cancel' },
    ]);
    await setStatus(run, 'cancelled', { error: 'stopped after step a' });
    expect((await log(id)).at(-1)).toBe('1 x');
    expect(await log(id)).toContain(`0 asked to stop by user ${admin.userId}: wrong hour`);
  });

  it('a run asked to stop whose executor died is cancelled, not begun again', async () => {
    const { id } = await create(ada, 'incident', 'staging');
    await claimed();
    await cancel(ada, id);
    await expire(id);
    await service`select ops.rescue_runs()`;
    expect(await look(id)).toMatchObject({ status: 'cancelled' });
  });

  it('somebody else can do neither', async () => {
    const { id } = await create(ada, 'incident', 'staging');
    expect(await cancel(bob, id)).toEqual([{ done: false }]);
    await cancel(ada, id);
    await expect(as(bob, (q) => q`select ops.retry_run(${id})`)).rejects.toMatchObject({ code: '42704' });
  });

  it('an ended run is tried again as a new one, with its inputs', async () => {
    const { id } = await create(ada, 'incident', 'staging', { service: 'api' });
    await expect(as(ada, (q) => q`select ops.retry_run(${id})`)).rejects.toThrow('there is no ended run');
    await cancel(ada, id);
    const [next] = await as(ada, (q) => q<Run[]>`select * from ops.retry_run(${id})`);
    expect(next).toMatchObject({
      retry_of: id,
      inputs: { service: 'api' },
      status: 'queued',
      source: 'retry',
      created_by: ada.userId,
    });
  });
});

describe('artifacts', () => {
  async function keep(run: Run, name: string, content: string): Promise<unknown> {
    const [row] = await service`
      select outcome from ops.record_run_artifact(${run.id}, ${run.lease_token}, ${name}, 'diff', p_content => ${content})`;
    return row?.outcome;
  }
  const seen = (caller: Caller) => as(caller, (q) => q`select name, content from ops.artifacts order by id`);

  it('are noted by whoever has the run, once a name, and seen by who sees the run', async () => {
    await create(ada, 'incident', 'staging');
    const first = await claimed();
    expect(await keep(first, 'plan.diff', '- old')).toBe('stored');
    expect(await keep(first, 'plan.diff', '+ sb_secret_abcdef123456')).toBe('stored');
    expect(await seen(ada)).toEqual([{ name: 'plan.diff', content: '+ [redacted]' }]);
    expect(await seen(admin)).toHaveLength(1);
    expect(await seen(bob)).toEqual([]);
    await expire(first.id);
    await claimed();
    expect(await keep(first, 'late.diff', 'x')).toBe('stale');
    await sql`delete from ops.runs`;
    expect(await sql`select * from ops.artifacts`).toEqual([]);
  });

  it('are not written by the signed-in', async () => {
    const { id } = await create(ada, 'incident', 'staging');
    await expect(
      as(ada, (q) => q`insert into ops.artifacts (run_id, name) values (${id}, 'forged')`),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(as(ada, (q) => q`select ops.record_run_artifact(${id}, 0, 'x')`)).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('who sees what', () => {
  it('users their own runs and lines, admins all, nobody else anything', async () => {
    const { id } = await create(ada, 'incident', 'staging');
    await append(await claimed(), 1, ['private']);
    const seen = async (caller: Caller) => [
      (await as(caller, (q) => q`select * from ops.list_runs()`)).length,
      (await as(caller, (q) => q`select * from ops.runs`)).length,
      (await as(caller, (q) => q`select * from ops.list_run_events(${id})`)).length,
      (await as(caller, (q) => q`select * from ops.run_events`)).length,
      (await as(caller, (q) => q`select ops.get_run(${id}) as run`))[0]?.run === null ? 0 : 1,
    ];
    expect(await seen(ada)).toEqual([1, 1, 3, 3, 1]);
    expect(await seen(bob)).toEqual([0, 0, 0, 0, 0]);
    expect(await seen(admin)).toEqual([1, 1, 3, 3, 1]);
    expect(await seen({ role: 'service_role' })).toEqual([1, 1, 3, 3, 1]);
    await expect(seen({ role: 'anon' })).rejects.toMatchObject({ code: '42501' });
  });

  it('templates and documents every signed-in user', async () => {
    await service`select ops.upsert_spec_doc('continue-orchestrator/plan', 'plan.md', '# Plan')`;
    expect(
      await service`select ops.upsert_spec_doc('continue-orchestrator/plan', 'plan.md', '# Plan') as changed`,
    ).toEqual([{ changed: false }]);
    expect(await as(bob, (q) => q`select slug from ops.run_templates order by slug`)).toEqual([
      { slug: 'deploy' },
      { slug: 'incident' },
    ]);
    expect(await as(bob, (q) => q`select content from ops.spec_docs`)).toEqual([{ content: '# Plan' }]);
    await expect(as(bob, (q) => q`update ops.run_templates set approval = '{}'`)).rejects.toMatchObject({
      code: '42501',
    });
    await expect(as({ role: 'anon' }, (q) => q`select * from ops.spec_docs`)).rejects.toMatchObject({
      code: '42501',
    });
  });

  it.each([
    `insert into ops.runs (env) values ('production')`,
    `update ops.runs set status = 'queued'`,
    `insert into ops.run_events (run_id, attempt, seq, message) values (ops.new_id(), 1, 1, 'forged')`,
    `select ops.claim_run('me')`,
    `select ops.rescue_runs()`,
    `select ops.append_run_events(ops.new_id(), 1, '[]')`,
    `select ops.set_run_status(ops.new_id(), 1, 'success')`,
    `select ops.heartbeat_run(ops.new_id(), 1)`,
    `select ops.upsert_run_template('x', 'x', 'x')`,
    `select ops.upsert_spec_doc('x', 'x', 'x')`,
    `select ops.note_run(ops.new_id(), null, 'forged')`,
  ])('and the signed-in, admins too, may not: %s', async (statement) => {
    for (const caller of [ada, admin]) {
      await expect(as(caller, (q) => q.unsafe(statement))).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('service_role moves runs through the functions only, and may make a row', async () => {
    await service`insert into ops.runs (env, kind, source) values ('staging', 'drill', 'row')`;
    expect(await claimed()).toMatchObject({ kind: 'drill', source: 'row' });
    await expect(service`update ops.runs set status = 'success'`).rejects.toMatchObject({ code: '42501' });
    await expect(service`delete from ops.run_events`).rejects.toMatchObject({ code: '42501' });
  });
});

describe('what cannot be started', () => {
  it.each([
    ['an unknown runbook', `'nothing'`, '42704'],
    ['no runbook', 'null', '42704'],
    ['a runbook where it does not run', `'deploy', 'moon'`, '22023'],
    ['inputs that are no object', `'deploy', 'staging', '[]'`, '22023'],
    ['inputs with a token', `'deploy', 'staging', '{"key": "sb_secret_abcdef123456"}'`, '22023'],
  ])('%s', async (_, parameters, code) => {
    await expect(as(ada, (q) => q.unsafe(`select ops.create_run(${parameters})`))).rejects.toMatchObject({
      code,
    });
  });

  it('anything by an account that is in no organisation: users of a product may live in the same project', async () => {
    const stranger: Caller = { role: 'authenticated', userId: randomUUID() };
    await expect(create(stranger, 'incident', 'staging')).rejects.toMatchObject({ code: '42501' });
  });

  it('anything by nobody, or in the name of another', async () => {
    await expect(create({ role: 'authenticated' }, 'incident', 'staging')).rejects.toMatchObject({
      code: '42501',
    });
    const [run] = await as(
      ada,
      (q) => q<Run[]>`
      select * from ops.create_run('incident', p_created_by => ${bob.userId}, p_actor => 'bob', p_plan => '{"evil": true}')`,
    );
    expect(run).toMatchObject({ created_by: ada.userId, actor: null, plan: null });
    const [spoken] = await service<Run[]>`
      select * from ops.create_run('incident', p_created_by => ${bob.userId}, p_actor => 'github:bob')`;
    expect(spoken).toMatchObject({ created_by: bob.userId, actor: 'github:bob' });
  });
});

describe('lists', () => {
  it("go page by page through one's own runs by the index of their owner", async () => {
    await sql`
      insert into ops.runs (env, kind, template, created_by)
      select 'staging', 'runbook', 'incident', case when i % 50 = 0 then ${ada.userId}::uuid else gen_random_uuid() end
      from generate_series(1, 2000) i`;
    await sql`analyze ops.runs`;
    const seen: string[] = [];
    for (let before: string | null = null; ; ) {
      const page: Run[] = await as(
        ada,
        (q) => q<Run[]>`select * from ops.list_runs(p_before => ${before}, p_limit => 15)`,
      );
      if (page.length === 0) break;
      seen.push(...page.map((run) => run.id));
      before = seen.at(-1) ?? null;
    }
    expect(seen).toHaveLength(40);
    expect(seen).toEqual([...seen].sort().reverse());
    const rows = await as(
      ada,
      (q) => q`
      explain select * from ops.runs r
      where r.created_by = ${ada.userId} and r.id < 'ffffffff-ffff-ffff-ffff-ffffffffffff' order by r.id desc limit 50`,
    );
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    expect(plan).toContain('runs_created_by');
  });

  it('a log goes page by page', async () => {
    const { id } = await create(ada, 'incident', 'staging');
    const run = await claimed();
    await append(
      run,
      1,
      Array.from({ length: 120 }, (_, index) => `line ${index}`),
    );
    const seen: string[] = [];
    let last = { attempt: -1, seq: 0 };
    for (;;) {
      const page = await as(
        ada,
        (q) => q<{ attempt: number; seq: number; message: string }[]>`
        select * from ops.list_run_events(${id}, ${last.attempt}, ${last.seq}, 50)`,
      );
      if (page.length === 0) break;
      seen.push(...page.map((row) => row.message));
      last = page.at(-1) ?? last;
    }
    expect(seen).toHaveLength(122);
    expect(seen.slice(-1)).toEqual(['line 119']);
  });
});
