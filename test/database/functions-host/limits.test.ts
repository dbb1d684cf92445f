import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deno, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await startTestHost({
    limits: {
      cpuMs: 500,
      memoryBytes: 96 * 1024 * 1024,
      responseMs: 10_000,
      wallClockMs: 20_000,
      idleMs: 400,
      graceMs: 300,
    },
  });
});

afterAll(() => host?.stop());

function messages(slug: string): string[] {
  return host.host.logs.read({ slug }).map(({ message }) => message);
}

function pids(slug: string): number[] {
  return host.host
    .running()
    .filter((each) => each.slug === slug)
    .map(({ pid }) => pid);
}

const limitAnswer = {
  code: 'WORKER_LIMIT',
  message: 'Worker failed to respond due to a resource limit (please check logs)',
};

describe.skipIf(deno === null)('limits of a function', () => {
  it('546 for a request that computes too long', async () => {
    const answer = await host.call('/greedy/cpu');

    expect(answer.status).toBe(546);
    expect(answer.json()).toEqual(limitAnswer);
    expect(messages('greedy').at(-1)).toBe('ended: CPUTime');
    expect((await host.call('/greedy')).text).toBe('modest');
  });

  it.each(['/greedy/heap', '/greedy/buffers'])(
    '546 when memory is full, whoever notices first: %s',
    async (path) => {
      const patient = await startTestHost({ limits: { cpuMs: 60_000, memoryBytes: 64 * 1024 * 1024 } });
      const answer = await patient.call(path);
      await patient.stop();

      expect(answer.status).toBe(546);
      expect(answer.json()).toEqual(limitAnswer);
      expect(patient.host.logs.read({ slug: 'greedy' }).at(-1)?.message).toBe('ended: Memory');
    },
  );

  it('a loop is ended although nobody waits for its answer any more', async () => {
    const hasty = await startTestHost({ limits: { responseMs: 100, cpuMs: 1_000 } });
    const answer = await hasty.call('/greedy/cpu');

    expect(answer.status).toBe(504);
    await expect.poll(() => hasty.host.running(), { timeout: 20_000 }).toEqual([]);
    expect(hasty.host.logs.read({ slug: 'greedy' }).at(-1)?.message).toBe('ended: CPUTime');
    await hasty.stop();
  });

  it('a request of another function is not hurt', async () => {
    const [greedy, moody] = await Promise.all([host.call('/greedy/cpu'), host.call('/moody/stream')]);

    expect(greedy.status).toBe(546);
    expect(moody.text).toBe('one\ntwo\nthree\n');
  });

  it('504 when no response begins in time', async () => {
    const hasty = await startTestHost({ limits: { responseMs: 300 } });
    const answer = await hasty.call('/greedy/never');
    await hasty.stop();

    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ code: 'IDLE_TIMEOUT' });
    expect(answer.headers.get('sb-error-code')).toBe('IDLE_TIMEOUT');
  });

  it('a process without requests ends; the next call starts another', async () => {
    await host.call('/moody');
    const [before] = pids('moody');
    await expect.poll(() => pids('moody'), { timeout: 5_000 }).toEqual([]);
    expect(messages('moody').at(-1)).toBe('ended: EarlyDrop');

    await host.call('/moody');
    expect(pids('moody')).toHaveLength(1);
    expect(pids('moody')).not.toEqual([before]);
  });

  it('a background task is finished before the process ends, and beforeunload is told why', async () => {
    expect((await host.call('/background')).status).toBe(202);
    await expect.poll(() => pids('background'), { timeout: 5_000 }).toEqual([]);

    expect(messages('background').slice(-3)).toEqual([
      'task finished',
      'unloading: EarlyDrop',
      'ended: EarlyDrop',
    ]);
  });

  it('a background task that fails ends the process', async () => {
    await host.call('/background/fail');
    await expect.poll(() => pids('background'), { timeout: 5_000 }).toEqual([]);

    expect(messages('background').join('\n')).toContain('the task failed');
    expect(messages('background').at(-1)).toBe('ended: exit code 1');
  });

  it('a process takes requests for half of its life, and is ended at the end of it', async () => {
    const brief = await startTestHost({ limits: { wallClockMs: 800, responseMs: 5_000, graceMs: 100 } });
    const never = brief.call('/greedy/never');
    await expect.poll(() => brief.host.running().length).toBe(1);
    const [first] = brief.host.running();
    await new Promise((resolve) => setTimeout(resolve, 450));
    await brief.call('/greedy');
    const second = brief.host.running().find(({ pid }) => pid !== first?.pid);

    expect(second).toBeDefined();
    expect((await never).json()).toEqual(limitAnswer);
    expect(brief.host.logs.read().map(({ message }) => message)).toContain('ended: WallClockTime');
    await brief.stop();
  });

  it('a module that hangs while it starts is given up', async () => {
    const hasty = await startTestHost({ limits: { bootMs: 300 } });
    const answer = await hasty.call('/silent');
    await hasty.stop();

    expect(answer.json()).toMatchObject({ code: 'BOOT_ERROR' });
    expect(hasty.host.logs.read({ slug: 'silent' }).map(({ message }) => message)).toContain(
      'the function did not listen within 300 ms',
    );
  });
});
