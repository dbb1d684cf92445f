import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, type Claim, claim } from './people.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
const org = await addOrganisation(sql, 'acme');
afterAll(() => database.drop());
beforeEach(async () => {
  await sql`delete from ops.builds`;
  await sql`delete from ops.queued_jobs`;
  await sql`delete from ops.job_leases`;
});

async function claimed(lease?: string): Promise<Claim> {
  const taken = await claim(service, 'runner-1', lease);
  if (taken === null) throw new Error('nothing to claim');
  return taken;
}

async function buildRow(id: string): Promise<Record<string, unknown>> {
  const [row] = await sql`select * from ops.builds where id = ${id}`;
  return { ...row };
}

async function jobStatus(queueId: string): Promise<unknown> {
  const [row] = await sql`select status from ops.job_queue where id = ${queueId}`;
  return row?.status;
}

async function setStatus(build: Claim, status: string, extra: { error?: string } = {}): Promise<unknown> {
  const [row] = await service`
    select outcome from ops.set_build_status(
      ${build.buildId}, ${status}, p_lease_token => ${build.token}, p_error => ${extra.error ?? null})`;
  return row?.outcome;
}

async function story(id: string): Promise<unknown[]> {
  const rows = await service`select message from ops.build_logs(${id}) where attempt = 0`;
  return rows.map((row) => row.message);
}

/** Ends a lease as time would. */
async function letLeaseEnd(build: Claim): Promise<void> {
  await sql`update ops.build_leases set expires_at = now() - interval '1 second' where build_id = ${build.buildId}`;
  await sql`update ops.job_leases set expires_at = now() - interval '1 second'`;
}

describe('a trigger', () => {
  it('becomes a build, its place in the queue and its first events', async () => {
    const [made] = await service`
      select * from ops.create_build(
        ${org.production}, 'api', 'ada', null, 'abcdef1', 'Mend it', 'Ada', '{"suite": "all"}')`;
    expect(made).toMatchObject({ status: 'queued' });
    expect(await buildRow(made?.build_id)).toMatchObject({
      org_id: org.orgId,
      project_id: org.projectId,
      branch_id: org.production,
      trigger: 'api',
      actor: 'ada',
      commit_sha: 'abcdef1',
      inputs: { suite: 'all' },
      queue_id: made?.queue_id,
      attempt: 0,
    });
    expect(await story(made?.build_id)).toEqual([
      'triggered by api ada',
      `in the queue as job ${made?.queue_id}`,
    ]);
    const [queued] = await service`select build_id, kind, status from ops.run_queue`;
    expect(queued).toEqual({ build_id: made?.build_id, kind: 'build', status: 'pending' });
  });

  it('sent twice with one idempotency key is one build', async () => {
    const send = (): Promise<unknown> =>
      Promise.resolve(
        sql`select build_id, queue_id from ops.create_build(${org.production}, p_idempotency_key => 'delivery-1')`.then(
          (rows) => rows[0],
        ),
      );
    const answers = await Promise.all([send(), send(), send(), send()]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await sql`select 1 from ops.builds`).toHaveLength(1);
    expect(await sql`select 1 from ops.queued_jobs`).toHaveLength(1);
  });

  it('starts with the inputs of its branch, its own first', async () => {
    await sql`update ops.branches set inputs = '{"suite": "quick", "deploy": true}' where id = ${org.staging}`;
    const [made] = await service`
      select build_id from ops.create_build(${org.staging}, p_inputs => '{"suite": "all"}')`;
    expect(await buildRow(made?.build_id)).toMatchObject({ inputs: { suite: 'all', deploy: true } });
  });

  it('of a branch nobody knows is refused', async () => {
    await expect(service`select ops.create_build(${crypto.randomUUID()})`).rejects.toMatchObject({
      code: 'PT404',
    });
  });

  it('cancels what it supersedes, when its branch says so', async () => {
    await sql`update ops.branches set cancel_superseded = true where id = ${org.development}`;
    const first = await addBuild(service, org.development);
    const second = await addBuild(service, org.development);
    expect(await buildRow(first.id)).toMatchObject({ status: 'cancelled' });
    expect((await buildRow(first.id)).error).toContain(`superseded by build ${second.id}`);
    expect(await jobStatus(first.queueId)).toBe('cancelled');
    expect(await buildRow(second.id)).toMatchObject({ status: 'queued' });
    await sql`update ops.branches set cancel_superseded = false where id = ${org.development}`;
  });

  it('is counted by its branch, and no more when it is deleted', async () => {
    const count = async (): Promise<unknown> =>
      (await sql`select build_count from ops.branches where id = ${org.production}`)[0]?.build_count;
    const build = await addBuild(service, org.production);
    await addBuild(service, org.production);
    expect(await count()).toBe('2');
    await sql`delete from ops.builds where id = ${build.id}`;
    expect(await count()).toBe('1');
  });
});

describe('a runner', () => {
  it('takes production first, one build of a branch at a time, each once', async () => {
    const dev = await addBuild(service, org.development);
    const first = await addBuild(service, org.production);
    await addBuild(service, org.production);
    const order = [await claim(service), await claim(service), await claim(service)];
    expect(order.map((taken) => taken?.buildId)).toEqual([first.id, dev.id, undefined]);
    expect(await buildRow(first.id)).toMatchObject({ status: 'running', attempt: 1 });
    expect((await buildRow(first.id)).started_at).toBeInstanceOf(Date);
  });

  it('gets everything it needs with the claim', async () => {
    const build = await addBuild(service, org.production);
    const [taken] = await service`select * from ops.claim_next_run('runner-1')`;
    expect(taken).toMatchObject({
      build_id: build.id,
      attempt: 1,
      queue_id: build.queueId,
      branch: 'main',
      lane: 'production',
      workflow: 'build.yml',
      repo_url: 'https://github.com/acme/app',
      status: 'running',
    });
    expect(Number(taken?.lease_token)).toBeGreaterThan(0);
  });

  it('of ten at once never takes what another has', async () => {
    const branches = [org.production, org.staging, org.development];
    for (const branch of branches) await addBuild(service, branch);
    const runners = Array.from({ length: 10 }, () => database.as('service_role'));
    const taken = await Promise.all(runners.map((runner, index) => claim(runner, `runner-${index}`)));
    const ids = taken.flatMap((each) => (each === null ? [] : [each.buildId]));
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  it('that has finished makes room for the next build of the branch', async () => {
    const first = await addBuild(service, org.production);
    const second = await addBuild(service, org.production);
    expect(await setStatus(await claimed(), 'succeeded')).toBe('changed');
    expect(await buildRow(first.id)).toMatchObject({ status: 'succeeded' });
    expect(await jobStatus(first.queueId)).toBe('succeeded');
    expect((await claimed()).buildId).toBe(second.id);
  });

  it('keeps its lease by heartbeats and hears of a wish to cancel', async () => {
    await addBuild(service, org.production);
    const build = await claimed();
    const beat = async (): Promise<unknown> =>
      (
        await service`select verdict from ops.heartbeat_build(${build.buildId}, ${build.token}, '10 minutes')`
      )[0]?.verdict;
    expect(await beat()).toBe('held');
    const [lease] = await sql`
      select expires_at > now() + interval '9 minutes' as moved from ops.build_leases where build_id = ${build.buildId}`;
    expect(lease?.moved).toBe(true);
    expect(await service`select ops.cancel_build(${build.buildId}, 'ada', 'wrong branch') as said`).toEqual([
      { said: 'cancelling' },
    ]);
    expect(await buildRow(build.buildId)).toMatchObject({ status: 'running' });
    expect(await beat()).toBe('cancel');
    expect(await setStatus(build, 'cancelled')).toBe('changed');
    expect(await buildRow(build.buildId)).toMatchObject({
      status: 'cancelled',
      error: 'cancelled by ada: wrong branch',
    });
    expect(await beat()).toBe('lost');
  });

  it('that was too late changes nothing and is told', async () => {
    const { id } = await addBuild(service, org.production);
    const build = await claimed();
    await letLeaseEnd(build);
    expect(await setStatus(build, 'succeeded')).toBe('stale');
    expect(await service`select verdict from ops.heartbeat_build(${id}, ${build.token})`).toEqual([
      { verdict: 'lost' },
    ]);
    expect(await buildRow(id)).toMatchObject({ status: 'running' });
  });

  it('of an earlier attempt changes nothing and is told', async () => {
    const { id } = await addBuild(service, org.production);
    const first = await claimed();
    await setStatus(first, 'failed');
    await service`select ops.retry_build(${id})`;
    const second = await claimed();
    expect(second).toMatchObject({ buildId: id, attempt: 2 });
    expect(await setStatus(first, 'succeeded')).toBe('stale');
    const [byAttempt] =
      await service`select outcome from ops.set_build_status(${id}, 'succeeded', p_attempt => 1)`;
    expect(byAttempt?.outcome).toBe('stale');
    expect(await buildRow(id)).toMatchObject({ status: 'running', attempt: 2 });
  });
});

describe('a state', () => {
  const states = ['queued', 'dispatched', 'running', 'succeeded', 'almost', 'failed', 'cancelled', 'lost'];
  const ends = ['succeeded', 'almost', 'failed', 'cancelled'];
  const allowed: Readonly<Record<string, readonly string[]>> = {
    queued: ['dispatched', 'running', 'failed', 'cancelled'],
    dispatched: ['queued', 'running', ...ends, 'lost'],
    running: ['queued', ...ends, 'lost'],
    lost: ends,
  };

  it.each(
    states.flatMap((from) => states.map((to) => [from, to] as const)).filter(([from, to]) => from !== to),
  )('%s followed by %s is as the table says', async (from, to) => {
    const { id } = await addBuild(service, org.production);
    await sql`
        update ops.builds set status = ${from}, finished_at = case when ops.build_is_final(${from}) then now() end where id = ${id}`;
    const change = service`select outcome, status from ops.set_build_status(${id}, ${to})`;
    if (allowed[from]?.includes(to) === true) {
      expect(await change).toEqual([{ outcome: 'changed', status: to }]);
      expect(await buildRow(id)).toMatchObject({ status: to });
    } else {
      await expect(change).rejects.toMatchObject({ code: 'PT409' });
      expect(await buildRow(id)).toMatchObject({ status: from });
    }
  });

  it('said twice is said once, but what comes with it is kept', async () => {
    await addBuild(service, org.production);
    const build = await claimed();
    const [said] = await service`
      select outcome from ops.set_build_status(
        ${build.buildId}, 'running', ${build.token}, p_github_run_id => 42, p_github_run_url => 'https://github.com/x/y/actions/runs/42')`;
    expect(said?.outcome).toBe('unchanged');
    expect(await buildRow(build.buildId)).toMatchObject({ status: 'running', github_run_id: '42' });
    expect((await story(build.buildId)).filter((line) => String(line).startsWith('running'))).toHaveLength(1);
  });

  it('with an error shows it, without what looks like a secret', async () => {
    await addBuild(service, org.production);
    const build = await claimed();
    await setStatus(build, 'failed', { error: 'push refused for ghp_0123456789abcdef' });
    expect(await buildRow(build.buildId)).toMatchObject({ error: 'push refused for [redacted]' });
    expect((await story(build.buildId)).at(-1)).toBe('failed: push refused for [redacted]');
  });

  it('is not for service_role to write past the functions', async () => {
    const { id } = await addBuild(service, org.production);
    await expect(service`update ops.builds set status = 'succeeded' where id = ${id}`).rejects.toThrow(
      'permission denied',
    );
    await expect(service`update ops.build_leases set token = 1 where build_id = ${id}`).rejects.toThrow(
      'permission denied',
    );
    await expect(service`delete from ops.builds where id = ${id}`).rejects.toThrow('permission denied');
  });
});

describe('a build that waits', () => {
  it('is cancelled at once, with its place in the queue', async () => {
    const build = await addBuild(service, org.production);
    expect(await service`select ops.cancel_build(${build.id}, 'ada') as said`).toEqual([
      { said: 'cancelled' },
    ]);
    expect(await buildRow(build.id)).toMatchObject({ status: 'cancelled', error: 'cancelled by ada' });
    expect(await jobStatus(build.queueId)).toBe('cancelled');
    expect(await claim(service)).toBeNull();
    expect(await service`select ops.cancel_build(${build.id}) as said`).toEqual([{ said: null }]);
  });

  it('is queued once, however often that is asked', async () => {
    const build = await addBuild(service, org.production);
    expect(await service`select ops.enqueue_build(${build.id}) as id`).toEqual([{ id: build.queueId }]);
    expect(await sql`select 1 from ops.queued_jobs`).toHaveLength(1);
    const running = await claimed();
    await expect(service`select ops.enqueue_build(${running.buildId})`).rejects.toMatchObject({
      code: 'PT409',
    });
  });
});

describe('a build that ended badly', () => {
  it('is tried again as its next attempt, and its log goes on', async () => {
    const { id } = await addBuild(service, org.production);
    await setStatus(await claimed(), 'failed', { error: 'tests failed' });
    await service`select ops.retry_build(${id}, 'ada')`;
    expect(await buildRow(id)).toMatchObject({
      status: 'queued',
      error: null,
      finished_at: null,
      started_at: null,
    });
    await setStatus(await claimed(), 'succeeded');
    expect(await buildRow(id)).toMatchObject({ status: 'succeeded', attempt: 2 });
    expect(await story(id)).toEqual([
      'triggered by manual',
      expect.stringMatching(/^in the queue/),
      'running on runner-1',
      'failed: tests failed',
      'tried again by ada',
      'queued',
      expect.stringMatching(/^in the queue/),
      'running on runner-1',
      'succeeded',
    ]);
  });

  it('is not tried again when it went well, runs, or its log is no longer kept', async () => {
    const { id } = await addBuild(service, org.production);
    const retry = (build: string) => service`select ops.retry_build(${build})`;
    await expect(retry(id)).rejects.toMatchObject({ code: 'PT409' });
    await setStatus(await claimed(), 'succeeded');
    await expect(retry(id)).rejects.toMatchObject({ code: 'PT409' });
    const [old] = await sql`
      insert into ops.builds (id, branch_id, status, finished_at)
      values (ops.id_floor(now() - interval '91 days'), ${org.production}, 'failed', now()) returning id`;
    await expect(retry(old?.id)).rejects.toThrow('older than its log is kept');
  });
});

describe('a runner that fell silent', () => {
  const rescue = async (): Promise<unknown> => (await sql`select ops.rescue_builds() as builds`)[0]?.builds;

  it('is noticed: its build waits again and the next runner takes it', async () => {
    const { id } = await addBuild(service, org.production);
    const first = await claimed();
    expect(await rescue()).toBe(0);
    await letLeaseEnd(first);
    expect(await rescue()).toBe(1);
    expect(await buildRow(id)).toMatchObject({ status: 'queued' });
    await sql`update ops.queued_jobs set run_at = now()`;
    expect(await claimed()).toMatchObject({ buildId: id, attempt: 2 });
    expect(await setStatus(first, 'succeeded')).toBe('stale');
  });

  it('once too often leaves its build lost, until somebody knows better', async () => {
    const { id } = await addBuild(service, org.production);
    for (const attempt of [1, 2, 3]) {
      await sql`update ops.queued_jobs set run_at = now()`;
      const build = await claimed();
      expect(build.attempt).toBe(attempt);
      await letLeaseEnd(build);
      await rescue();
    }
    expect(await buildRow(id)).toMatchObject({ status: 'lost' });
    expect(await claim(service)).toBeNull();
    const [said] =
      await service`select outcome from ops.set_build_status(${id}, 'succeeded', p_github_run_id => 7)`;
    expect(said?.outcome).toBe('changed');
    expect(await buildRow(id)).toMatchObject({ status: 'succeeded' });
  });

  it('after somebody asked to cancel leaves a cancelled build', async () => {
    const { id } = await addBuild(service, org.production);
    const build = await claimed();
    await service`select ops.cancel_build(${id}, 'ada')`;
    await letLeaseEnd(build);
    expect(await rescue()).toBe(1);
    expect(await buildRow(id)).toMatchObject({ status: 'cancelled', error: 'cancelled by ada' });
  });

  it('is seen also when the queue took its job back first', async () => {
    const { id } = await addBuild(service, org.production);
    await letLeaseEnd(await claimed());
    await sql`select ops.rescue_jobs()`;
    expect(await rescue()).toBe(1);
    expect(await buildRow(id)).toMatchObject({ status: 'queued' });
  });
});

it('a build given back waits again, and has failed when it was given back too often', async () => {
  const { id } = await addBuild(service, org.production);
  for (const expected of ['queued', 'queued', 'failed']) {
    await sql`update ops.queued_jobs set run_at = now()`;
    await setStatus(await claimed(), 'queued', { error: 'GitHub is down' });
    expect(await buildRow(id)).toMatchObject({ status: expected });
  }
  expect(await buildRow(id)).toMatchObject({ error: 'GitHub is down' });
});

it('claims and cancels at once never wait for each other in a circle', async () => {
  const branches = [org.production, org.staging, org.development];
  for (let round = 0; round < 8; round += 1) for (const branch of branches) await addBuild(service, branch);
  const ids = await sql<{ id: string }[]>`select id from ops.builds order by random()`;
  const runners = Array.from({ length: 4 }, () => database.as('service_role'));
  const cancellers = Array.from({ length: 4 }, () => database.as('service_role'));
  await Promise.all([
    ...runners.map(async (runner) => {
      for (let turn = 0; turn < 12; turn += 1) {
        const build = await claim(runner);
        if (build === null) continue;
        await runner`select ops.set_build_status(${build.buildId}, 'succeeded', ${build.token})`;
      }
    }),
    ...cancellers.map(async (canceller, part) => {
      for (const [index, { id }] of ids.entries()) {
        if (index % 4 === part) await canceller`select ops.cancel_build(${id})`;
      }
    }),
  ]);
  const open = await sql`
    select b.status, q.status as job from ops.builds b join ops.job_queue q on q.id = b.queue_id
    where ops.build_is_final(b.status) is distinct from (q.finished_at is not null)`;
  expect(open).toEqual([]);
});
