import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { isAlive } from '../../../local/postgres/postmaster.ts';
import { deno, startTestHost } from '../../support/supabase/functions-host.ts';

describe.skipIf(deno === null)('no function outlives its host', () => {
  it('after stop', async () => {
    const host = await startTestHost();
    await Promise.all([host.call('/moody'), host.call('/hello')]);
    void host.call('/greedy/never');
    await expect.poll(() => host.host.running().length).toBe(3);
    const pids = host.host.running().map(({ pid }) => pid);

    await host.stop();

    expect(pids.filter(isAlive)).toEqual([]);
    expect(host.host.running()).toEqual([]);
  });

  it('when it is stopped while a function starts', async () => {
    const host = await startTestHost();
    const call = host.call('/moody');
    await host.stop();
    await call;

    expect(host.host.running()).toEqual([]);
  });

  it('after kill -9, not even one caught in a loop', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'host-process.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const pids = z
      .array(z.number())
      .length(2)
      .parse(JSON.parse(String(line)));
    expect(pids.filter(isAlive)).toEqual(pids);

    child.kill('SIGKILL');
    await once(child, 'close');

    await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  });
});
