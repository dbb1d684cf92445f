import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isAlive } from '../../../actions/_shared/builds/recorder/is-alive.ts';

it('says of a process that runs that it does, and of one that was buried that it does not', async () => {
  const child = spawn('sleep', ['60']);
  expect(isAlive(child.pid ?? 0)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(child.pid ?? 0)).toBe(false);
  expect(isAlive(1)).toBe(true);
});

it.runIf(process.platform === 'linux')(
  'says of one that has ended and that nobody buries that it does not run',
  async () => {
    // The shell becomes a program that never waits for its child.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']);
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    await expect.poll(() => isAlive(pid), { timeout: 3000, interval: 20 }).toBe(false);
    // It is there still.
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  },
);
