import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enqueueJob } from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { HANDLERS, openWorkshop, type Workshop } from './support/worker-process.ts';

let database: TestDatabase;
let workshop: Workshop;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  workshop = openWorkshop(database.url);
});
afterEach(async () => {
  await database.sql`truncate ops.queued_jobs, ops.job_leases, ops.job_types`;
});
afterAll(async () => {
  await workshop.close();
  await database.drop();
});

async function statusOf(id: number): Promise<string | undefined> {
  const [row] = await database.sql`select status from ops.job_queue where id = ${id}`;
  return row?.status;
}

describe('opsroom jobs enqueue', () => {
  it('checks the payload by the schema of the handler and queues nothing that does not fit', async () => {
    const bad = await workshop.opsroom(
      'jobs',
      'enqueue',
      'echo',
      '--handlers',
      HANDLERS,
      '--payload',
      '{"text":1}',
    );
    expect(bad.code).toBe(1);
    expect(bad.err).toMatch(/^error: echo does not take this: invalid payload - payload\.text: /m);
    expect(bad.err).toContain('Nothing was queued.');
    const [row] = await database.sql`select count(*)::int as jobs from ops.job_queue`;
    expect(row?.jobs).toBe(0);
  });

  it('takes every option the queue has', async () => {
    const args = [
      '--payload',
      '{"text":"x"}',
      '--priority',
      '7',
      '--run-at',
      '2099-01-01T00:00:00Z',
      '--max-attempts',
      '9',
    ];
    const keys = ['--unique-key', 'u', '--unique-mode', 'keep', '--serial-key', 's', '--format', 'json'];
    const { code, out, err } = await workshop.opsroom(
      'jobs',
      'enqueue',
      'echo',
      '--handlers',
      HANDLERS,
      ...args,
      ...keys,
    );
    expect(code, err).toBe(0);
    const { id } = JSON.parse(out);
    const [row] = await database.sql`
      select task_type, payload, priority, run_at = '2099-01-01T00:00:00Z' as later, max_attempts, unique_key, serial_key
      from ops.job_queue where id = ${id}`;
    expect(row).toEqual({
      task_type: 'echo',
      payload: { text: 'x' },
      priority: 7,
      later: true,
      max_attempts: 9,
      unique_key: 'u',
      serial_key: 's',
    });
  });

  it('says that nobody checked a payload whose handler is elsewhere', async () => {
    const { code, err } = await workshop.opsroom('jobs', 'enqueue', 'elsewhere');
    expect(code).toBe(0);
    expect(err).toContain('elsewhere has no handler in functions/_jobs');
  });

  it.each([
    [['--payload', '{'], '--payload is no JSON'],
    [['--priority', '40000'], 'whole number from -32768 to 32767'],
    [['--run-at', 'soon'], 'Give a time such as'],
    [['--unique-mode', 'other'], 'keep, replace, debounce'],
  ])('%j is refused with a hint', async (args, message) => {
    const { code, err } = await workshop.opsroom('jobs', 'enqueue', 'echo', ...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('opsroom jobs', () => {
  it('list shows jobs, newest last, and the way to older ones', async () => {
    const ids: number[] = [];
    for (const text of ['a', 'b', 'c']) {
      ids.push(await enqueueJob(database.sql, { taskType: 'echo', payload: { text }, uniqueKey: text }));
    }
    const { code, out } = await workshop.opsroom('jobs', 'list', '--limit', '2');
    expect(code).toBe(0);
    expect(out).toMatch(/job\s+type\s+status\s+due \(UTC\)/);
    expect([...out.matchAll(/^\s*(\d+)\s+echo\s+due/gm)].map(([, id]) => Number(id))).toEqual(ids.slice(1));
    expect(out).toContain('unique c');
    expect(out).toContain(`Older ones: --before ${ids[1]}`);
    const older = await workshop.opsroom('jobs', 'list', '--before', String(ids[1]), '--format', 'json');
    expect(JSON.parse(older.out)).toMatchObject([{ id: ids[0], taskType: 'echo', status: 'pending' }]);
  });

  it('show has the whole of a job, and names one that is not there', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'echo', payload: { text: 'the payload' } });
    const { code, out } = await workshop.opsroom('jobs', 'show', String(id));
    expect(code).toBe(0);
    expect(out).toContain('{"text":"the payload"}');
    const missing = await workshop.opsroom('jobs', 'show', '999999');
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('There is no job 999999.');
  });

  it('cancel and retry say of each job what happened, and exit 1 when one could not be', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'echo', payload: { text: '' } });
    const cancelled = await workshop.opsroom('jobs', 'cancel', String(id), '999999');
    expect(cancelled).toMatchObject({ code: 1, out: `job ${id} cancelled\njob 999999 does not exist\n` });
    expect(await statusOf(id)).toBe('cancelled');
    const again = await workshop.opsroom('jobs', 'cancel', String(id));
    expect(again).toMatchObject({ code: 1, out: `job ${id} had ended: cancelled\n` });
    const retried = await workshop.opsroom('jobs', 'retry', String(id));
    expect(retried).toMatchObject({ code: 0, out: `job ${id} runs again now\n` });
    expect(await statusOf(id)).toBe('pending');
  });

  it('pause, overview and resume show one state', async () => {
    await enqueueJob(database.sql, { taskType: 'echo', payload: { text: '' } });
    const paused = await workshop.opsroom('jobs', 'pause', 'echo');
    expect(paused.out).toBe('echo is paused: nothing of it is claimed, what runs goes on\n');
    const { out } = await workshop.opsroom('jobs', 'overview');
    expect(out).toMatch(/echo\s+1\s+1\s+0\s+0\s+0\s+0\s+\S+\s+paused/);
    expect(out).toContain('Nobody works on it now.');
    const typo = await workshop.opsroom('jobs', 'pause', 'ecko');
    expect(typo.err).toContain('did you mean echo?');
    await workshop.opsroom('jobs', 'resume', 'echo');
    const { types } = JSON.parse((await workshop.opsroom('jobs', 'overview', '--format', 'json')).out);
    expect(types).toMatchObject([{ task_type: 'echo', pending: 1, paused: false }]);
  });
});

describe('opsroom work', () => {
  it.each([
    [['--handlers', 'nowhere'], 'There is no folder'],
    [['--handlers', HANDLERS, '--task-types', 'ecko'], 'Did you mean echo?'],
    [['--concurrency', '0'], 'whole number from 1 to 1000'],
    [['--lease', '10ms'], 'Give a duration'],
    [['--env', 'locl'], 'Did you mean local?'],
  ])('%j is refused with a hint and exit 1', async (args, message) => {
    const { code, err } = await workshop.opsroom('work', ...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
