import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkout, makeCheckout, processList, runScript } from './checkout.ts';

let checkout: Checkout;
beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout.remove());

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';

describe('npm start', { timeout: 120_000 }, () => {
  test('--once in a fresh clone exits 0 and names a job that reached its HTTP answer', async () => {
    const start = runScript(checkout, ['start', '--once']);
    const code = await start.exit;
    expect(start.output()).toContain('to create');
    expect(lastLine(start.output())).toMatch(/^sync_game_platform_stats fired .* HTTP 200, succeeded/);
    expect(code).toBe(0);
  });

  test('a second run keeps the data and plans no change', async () => {
    const start = runScript(checkout, ['start', '--once']);
    expect(await start.exit).toBe(0);
    expect(start.output()).toMatch(/No changes/);
    expect(start.output()).toMatch(/\(run [2-9]\d*\)/);
  });

  test('an edited file prints its plan at once and is applied only after a yes', async () => {
    const file = checkout.file('runbooks/cron/openrouter-health-check.yaml');
    const original = readFileSync(file, 'utf8');
    const start = runScript(checkout, ['start']);
    await start.waitFor(/Watching runbooks/);

    writeFileSync(file, original.replace('*/15 * * * *', '*/20 * * * *'));
    await start.waitFor(/Apply this\?/);
    expect(start.output()).toMatch(/Every 15 minutes.*->.*Every 20 minutes/);
    start.child.stdin?.write('n\n');
    await start.waitFor(/Nothing was changed/);

    writeFileSync(file, original.replace('*/15 * * * *', '*/10 * * * *'));
    await start.waitFor(/Every 10 minutes[\s\S]*Apply this\?/);
    start.child.stdin?.write('y\n');
    await start.waitFor(/Applied 2 changes/);

    const plan = runScript(checkout, [
      'opsroom',
      'plan',
      '--env',
      'local',
      '--format',
      'json',
      '--detailed-exitcode',
    ]);
    expect(await plan.exit, plan.output()).toBe(0);
    // A command knows the values that were made for this laptop.
    expect(plan.output()).not.toContain('is not set');

    writeFileSync(file, original.replace('*/15 * * * *', 'whenever'));
    await start.waitFor(/openrouter-health-check\.yaml:\d+:\d+ error/);

    start.child.kill('SIGINT');
    expect(await start.exit).toBe(0);
    writeFileSync(file, original);
  });

  test('a second start in the same folder is refused while the first runs, and a killed one leaves no orphan', async () => {
    const first = runScript(checkout, ['start']);
    await first.waitFor(/Watching runbooks/);
    const second = runScript(checkout, ['start', '--once']);
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/already running \(process \d+\)/);

    const instance: unknown = JSON.parse(readFileSync(checkout.file('.opsroom/instance.json'), 'utf8'));
    const worker = (instance as { pid: number }).pid;
    expect(worker).toBeGreaterThan(1);
    process.kill(worker, 'SIGKILL');
    await first.exit;
    const deadline = Date.now() + 15_000;
    while (processList().includes(checkout.root) && Date.now() < deadline) await sleep(200);
    expect(processList()).not.toContain(`${checkout.root}/.opsroom`);

    const third = runScript(checkout, ['start', '--once']);
    expect(await third.exit, third.output()).toBe(0);
  });

  test('a file with an error makes --once exit 1 with file, line and column, and changes nothing', async () => {
    const file = checkout.file('runbooks/cron/broken.yaml');
    writeFileSync(file, 'schedule: "61 * * * *"\ncall:\n  sql: select 1\n');
    const start = runScript(checkout, ['start', '--once']);
    expect(await start.exit).toBe(1);
    expect(start.output()).toMatch(/runbooks\/cron\/broken\.yaml:1:\d+ error/);
    expect(start.output()).toMatch(/nothing was changed/);
  });
});
