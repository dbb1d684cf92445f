import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { OpsExecutorAnswer } from '../../../functions/_shared/contracts/ops-executor.ts';
import { executeRuns } from '../../../functions/ops-executor/handler.ts';
import { post, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const token = 't'.repeat(40);
const ada = randomUUID();

beforeEach(async () => {
  await sql`truncate ops.runs, ops.run_events, ops.run_templates, ops.alerts, ops.queued_jobs, ops.job_leases cascade`;
});

interface Template {
  readonly steps: string;
  readonly inputs?: string;
  readonly approval?: readonly string[];
}

async function start(
  { steps, inputs, approval = [] }: Template,
  values: Record<string, string> = {},
  by: string | null = null,
) {
  const yaml = `version: 1\n${inputs === undefined ? '' : `inputs:\n${inputs}\n`}steps:\n${steps}\n`;
  await sql`select ops.upsert_run_template('test-runbook', 'Test', ${yaml}, p_approval => ${sql.array([...approval])})`;
  const [run] = await sql`
    select id from ops.create_run('test-runbook', 'production', ${sql.json(values)}, p_created_by => ${by})`;
  return String(run?.id);
}

async function execute(body: unknown = {}, headers: Record<string, string> = { 'x-job-token': token }) {
  const response = await executeRuns(fixture.dependencies({ OPSROOM_JOB_TOKEN: token }))(post(body, headers));
  return { status: response.status, answer: OpsExecutorAnswer.safeParse(await response.json()).data };
}
const run = async (id: string) =>
  (await sql`select status, phase, error, result, plan_digest from ops.runs where id = ${id}`)[0];
const log = async (id: string) =>
  (
    await sql<{ line: string }[]>`
    select source || ': ' || message as line from ops.run_events where run_id = ${id} and attempt > 0 order by attempt, seq`
  ).map(({ line }) => line);

const note = `  - { id: look, title: Look, kind: note, message: "Deploying {{ inputs.version }} to {{ env }}" }`;
const version = `  - { key: version, required: true, pattern: 'v\\d+' }`;

describe('ops-executor', () => {
  it('takes a run through its phases, with inputs filled in', async () => {
    const id = await start({ steps: note, inputs: version }, { version: 'v7' });
    const { answer } = await execute();

    expect(answer).toEqual({ run_id: id, status: 'success' });
    expect(await log(id)).toEqual([
      'validate: phase validate',
      'preflight: phase preflight',
      'execute: phase execute',
      'look: Look: Deploying v7 to production',
      'verify: phase verify',
      'summarize: phase summarize',
      'summarize: 1 steps done',
    ]);
    expect(await run(id)).toMatchObject({ status: 'success', phase: 'summarize', error: null });
    expect(await sql`select name, kind from ops.artifacts where run_id = ${id}`).toEqual([
      { name: 'result.json', kind: 'file' },
    ]);
  });

  it.each([
    ['a missing input', { inputs: version, steps: note }, {}, 'inputs: version is missing'],
    [
      'an input that does not fit',
      { inputs: version, steps: note },
      { version: '7' },
      'inputs: version does not match its pattern',
    ],
    [
      'an input it does not have',
      { inputs: version, steps: note },
      { version: 'v1', extra: 'x' },
      'extra is not an input',
    ],
    ['a step that names an unknown input', { steps: note }, {}, '{{ inputs.version }} is not known'],
    ['YAML that is none', { steps: '  - [' }, {}, 'the runbook is not valid YAML (line'],
    [
      'an unknown kind of step',
      { steps: '  - { id: a, title: A, kind: shell, command: rm }' },
      {},
      'steps[0].kind',
    ],
    [
      'two steps of one name',
      { steps: `${note}\n${note}`, inputs: version },
      { version: 'v1' },
      'look is there twice',
    ],
  ])(
    'ends as an error that says why: %s',
    async (_what, template: Template, values: Record<string, string>, message) => {
      const id = await start(template, values);
      expect((await execute()).answer?.status).toBe('error');
      expect(await run(id)).toMatchObject({ status: 'error', error: expect.stringContaining(message) });
    },
  );

  it('waits for approval of exactly what would run, and goes on after it', async () => {
    const id = await start(
      { steps: note, inputs: version, approval: ['production'] },
      { version: 'v7' },
      ada,
    );
    expect((await execute()).answer?.status).toBe('awaiting_approval');
    const { plan_digest } = (await run(id)) ?? {};
    expect((await execute()).answer).toEqual({ run_id: null, status: null });
    await sql`select ops.approve_run(${id}, ${String(plan_digest)}, 'github:grace')`;

    expect((await execute()).answer).toEqual({ run_id: id, status: 'success' });
  });

  it('executes nothing when the runbook changed after its approval', async () => {
    const id = await start(
      { steps: note, inputs: version, approval: ['production'] },
      { version: 'v7' },
      ada,
    );
    await execute();
    const { plan_digest } = (await run(id)) ?? {};
    await sql`select ops.approve_run(${id}, ${String(plan_digest)}, 'github:grace')`;
    await sql`update ops.run_templates set template_yaml = replace(template_yaml, 'Deploying', 'Deleting')`;

    expect((await execute()).answer?.status).toBe('awaiting_approval');
    expect((await log(id)).join('\n')).not.toContain('look:');
  });

  it('a step that fails ends the run, and what comes after is not begun', async () => {
    await sql`select ops.raise_alert('disk', 'disk:1', 'critical', 'Disk is full')`;
    const steps = `  - { id: quiet, title: No alerts, kind: no_alerts, phase: preflight }\n  - { id: go, title: Go, kind: note, message: gone }`;
    const id = await start({ steps });
    await execute();

    expect(await run(id)).toMatchObject({
      status: 'error',
      phase: 'preflight',
      error: expect.stringContaining('Disk is full'),
    });
    expect((await log(id)).join('\n')).not.toContain('gone');
  });

  it('queues work and follows it to its end', async () => {
    const id = await start({
      steps: '  - { id: work, title: Work, kind: enqueue, task_type: test_work, wait: 20 }',
    });
    const running = execute();
    for (let tries = 0; tries < 100; tries += 1) {
      const [job] =
        await sql`select id, lease_token from ops.claim_jobs('test', 1, '1 minute', '{test_work}')`;
      if (job !== undefined) {
        await sql`select ops.complete_jobs(${job.lease_token}, array[${job.id}]::bigint[], ${sql.json({ [String(job.id)]: { rows: 3 } })})`;
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await running;
    expect(await run(id)).toMatchObject({
      status: 'success',
      result: { steps: { work: { result: { rows: 3 } } } },
    });
  });

  it('stops when somebody cancels the run', async () => {
    const id = await start({
      steps:
        '  - { id: wait, title: Wait, kind: wait, seconds: 2 }\n  - { id: go, title: Go, kind: note, message: gone }',
    });
    const running = execute();
    await expect.poll(async () => (await log(id)).at(-1)).toBe('wait: Wait');
    await sql`select ops.cancel_run(${id}, 'no more', 'grace')`;

    expect((await running).answer?.status).toBe('cancelled');
    expect((await log(id)).join('\n')).not.toContain('gone');
  });

  it('writes nothing more once its lease has passed on', async () => {
    const id = await start({ steps: '  - { id: wait, title: Wait, kind: wait, seconds: 2 }' });
    const running = execute();
    await expect.poll(async () => (await log(id)).at(-1)).toBe('wait: Wait');
    await sql`update ops.runs set lease_token = lease_token + 1 where id = ${id}`;

    expect((await running).answer?.status).toBe('lost');
    expect(await run(id)).toMatchObject({ status: 'running' });
  });

  it('two at once execute a run once', async () => {
    await start({ steps: note, inputs: version }, { version: 'v7' });
    const answers = await Promise.all([execute(), execute(), execute()]);
    expect(answers.filter(({ answer }) => answer?.status === 'success')).toHaveLength(1);
    expect(answers.filter(({ answer }) => answer?.run_id === null)).toHaveLength(2);
  });

  it('executes for a user their own run only', async () => {
    const id = await start({ steps: note, inputs: version }, { version: 'v7' }, ada);
    const as = async (user: string, body: unknown) =>
      execute(body, { authorization: `Bearer ${await fixture.userToken(user)}` });

    expect((await as(randomUUID(), { run_id: id })).status).toBe(404);
    expect((await as(ada, {})).status).toBe(400);
    expect((await as(ada, { run_id: id })).answer).toEqual({ run_id: id, status: 'success' });
  });
});
