import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadHandlers } from '../../../actions/_shared/queue/load-handlers.ts';
import { milliseconds } from '../../../functions/_shared/jobs/duration.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'opsroom-handlers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = `export const job = {
  payload: { safeParse: (data) => ({ success: true, data }) },
  timeout: '30s',
  run() {},
};`;

describe('the folder of handlers', () => {
  it('is read file by file; what is no handler by its name is left alone', async () => {
    writeFileSync(path.join(folder, 'send_mail.ts'), good);
    writeFileSync(path.join(folder, 'by-default.mjs'), good.replace('export const job =', 'export default'));
    writeFileSync(path.join(folder, 'send_mail.test.ts'), 'nonsense');
    writeFileSync(path.join(folder, 'README.md'), 'nonsense');
    const handlers = await loadHandlers(folder);
    expect([...handlers.keys()]).toEqual(['by-default', 'send_mail']);
    expect(handlers.get('send_mail')).toMatchObject({ taskType: 'send_mail', timeoutMs: 30_000 });
  });

  it('says of every bad file what is wrong and where', async () => {
    const files = {
      'BadName.ts': good,
      'no_job.ts': 'export const other = 1;',
      'no_run.ts': good.replace('run() {},', ''),
      'no_schema.ts': good.replace(/payload: .*/, 'payload: {},'),
      'no_timeout.ts': good.replace("'30s'", "'soon'"),
      'throws.ts': '\n\nthrow new Error("at load");',
      'ok.ts': good,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    const error: unknown = await loadHandlers(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('6 handlers in'),
    });
    const told = Object.fromEntries(
      (error instanceof Error && 'diagnostics' in error && Array.isArray(error.diagnostics)
        ? error.diagnostics
        : []
      ).map(({ message, location }) => [path.basename(location.file), { message, line: location.line }]),
    );
    expect(told['BadName.ts']?.message).toContain('no task type');
    expect(told['no_job.ts']?.message).toContain('does not export `job`');
    expect(told['no_run.ts']?.message).toContain('no function `run`');
    expect(told['no_schema.ts']?.message).toContain('no zod schema');
    expect(told['no_timeout.ts']?.message).toContain('no duration');
    expect(told['throws.ts']).toEqual({ message: 'throws.ts could not be loaded: Error: at load', line: 3 });
  });

  it('that is not there is a configuration error', async () => {
    await expect(loadHandlers(path.join(folder, 'nowhere'))).rejects.toMatchObject({
      name: 'ConfigurationError',
    });
  });

  it('of this repository holds the jobs of the game platform', async () => {
    const handlers = await loadHandlers(
      path.resolve(import.meta.dirname, '..', '..', '..', 'functions', '_jobs'),
    );
    const sync = handlers.get('game_platform_sync');
    // As runbooks/cron/game_platform_sync_incremental.yaml queues it.
    expect(sync?.parse({ dryRun: false, coachId: null, mode: 'incremental' })).toMatchObject({ ok: true });
    expect(sync?.parse({ dryrun: true })).toEqual({
      ok: false,
      problem: expect.stringMatching(/^invalid payload - payload: .*dryrun/),
    });
    expect(handlers.get('game_platform_totals_sweep')?.parse({})).toEqual({
      ok: true,
      payload: { dryRun: false, coachId: null },
    });
  });
});

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['', undefined],
    ['30', undefined],
    ['-1s', undefined],
    ['s', undefined],
  ])('%s', (text, expected) => {
    expect(milliseconds(text)).toBe(expected);
  });
});
