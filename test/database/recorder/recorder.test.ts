import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { BuildChannel } from '../../../actions/_shared/builds/recorder/channel.ts';
import { databaseChannel } from '../../../actions/_shared/builds/recorder/database-channel.ts';
import { Journal } from '../../../actions/_shared/builds/recorder/journal.ts';
import { createTestDatabase } from '../../support/database.ts';
import { builder, isGapless, openTestRecorder, storedLines } from './story.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, url } = database;
const { run } = await builder(sql);
afterAll(() => database.drop());

const numbered = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, index) => `line ${from + index}`).join('\n');

/** The way to the database, which a test may cut: before the statement gets there, or before its answer comes back. */
function cuttable(): BuildChannel & { cut: 'no' | 'before' | 'answer' } {
  const inner = databaseChannel({ url });
  const channel: BuildChannel & { cut: 'no' | 'before' | 'answer' } = {
    ...inner,
    cut: 'no',
    write: async (lease, frames) => {
      if (channel.cut === 'before') throw Object.assign(new Error('cut'), { code: 'ECONNREFUSED' });
      const outcome = await inner.write(lease, frames);
      if (channel.cut === 'answer') throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
      return outcome;
    },
  };
  return channel;
}

describe('a recorder', () => {
  it('stores lines in order, without gaps, with their step and level', async () => {
    const lease = await run();
    const { recorder } = openTestRecorder({ channel: databaseChannel({ url }), lease });
    recorder.write(`${numbered(2500)}\n`, { step: 'build' });
    recorder.write('::error file=a.ts,line=3::it broke\nafter', { step: 'test' });
    expect(await recorder.drain(10_000)).toBe(true);
    await recorder.close();
    const lines = await storedLines(sql, lease);
    expect(lines).toHaveLength(2502);
    expect(isGapless(lines)).toBe(true);
    expect(lines.slice(0, 2500).map(({ message }) => message)).toEqual(numbered(2500).split('\n'));
    expect(lines.slice(2499)).toEqual([
      { seq: 2500, message: 'line 2500', kind: 'log', level: 'info', step: 'build' },
      { seq: 2501, message: 'it broke', kind: 'log', level: 'error', step: 'test' },
      { seq: 2502, message: 'after', kind: 'log', level: 'info', step: 'test' },
    ]);
  });

  it.each(['before', 'answer'] as const)(
    'keeps what it hears while the way there is cut (%s), and stores each line once when it is back',
    async (where) => {
      const lease = await run();
      const channel = cuttable();
      const { recorder, states } = openTestRecorder({ channel, lease, limits: { batchMs: 5 } });
      for (let part = 0; part < 60; part += 1) {
        channel.cut = part > 10 && part < 40 ? where : 'no';
        recorder.write(numbered(100, part * 100 + 1), { step: null });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      channel.cut = 'no';
      expect(await recorder.drain(20_000)).toBe(true);
      await recorder.close();
      const lines = await storedLines(sql, lease);
      expect(lines.map(({ message }) => message)).toEqual(numbered(6000).split('\n'));
      expect(isGapless(lines)).toBe(true);
      expect(states).toEqual(['away', 'live']);
    },
  );

  it('writes nothing more once its lease is over, and says so', async () => {
    const lease = await run();
    const { recorder, states } = openTestRecorder({ channel: databaseChannel({ url }), lease });
    recorder.write('mine', { step: null });
    await recorder.drain(5000);
    await sql`update ops.build_leases set token = token + 1 where build_id = ${lease.buildId}`;
    recorder.write('no longer mine', { step: null });
    recorder.call({ op: 'status', status: 'failed' });
    expect(await recorder.drain(5000)).toBe(false);
    await recorder.close();
    expect(states).toEqual(['stale']);
    expect((await storedLines(sql, lease)).map(({ message }) => message)).toEqual(['mine']);
    const [build] = await sql`select status from ops.builds where id = ${lease.buildId}`;
    expect(build?.status).toBe('running');
  });

  it('takes its build again when only its lease ran out meanwhile', async () => {
    const lease = await run();
    let taken = 0;
    const { recorder } = openTestRecorder({
      channel: databaseChannel({ url }),
      lease,
      take: async () => {
        taken += 1;
        await sql`update ops.build_leases set expires_at = now() + interval '5 minutes' where build_id = ${lease.buildId}`;
        return { lease, shift: 0 };
      },
    });
    await sql`update ops.build_leases set expires_at = now() - interval '1 second' where build_id = ${lease.buildId}`;
    recorder.write('still here', { step: null });
    expect(await recorder.drain(5000)).toBe(true);
    await recorder.close();
    expect([taken, await storedLines(sql, lease)]).toEqual([
      1,
      [expect.objectContaining({ seq: 1, message: 'still here' })],
    ]);
  });

  it('leaves out what is more than it may keep, visibly and without a gap', async () => {
    const lease = await run();
    const { recorder } = openTestRecorder({
      channel: databaseChannel({ url }),
      lease,
      limits: { lines: 1500, batchLines: 500 },
    });
    recorder.write(numbered(4000), { step: 'chatty' });
    recorder.call({ op: 'status', status: 'succeeded' });
    expect(await recorder.drain(10_000)).toBe(true);
    await recorder.close();
    const lines = await storedLines(sql, lease);
    expect(isGapless(lines)).toBe(true);
    expect(lines).toHaveLength(1501);
    expect(lines.at(-1)).toMatchObject({
      kind: 'gap',
      level: 'warning',
      message: expect.stringContaining('2,500 lines were left out'),
    });
  });

  it('keeps no more than its buffer holds while the database is away, and says where lines are missing', async () => {
    const lease = await run();
    const channel = cuttable();
    channel.cut = 'before';
    const { recorder, file } = openTestRecorder({
      channel,
      lease,
      limits: { bufferBytes: 20_000, memoryBytes: 5_000 },
    });
    for (let part = 0; part < 50; part += 1) recorder.write(numbered(100, part * 100 + 1), { step: null });
    recorder.flush();
    expect(statSync(file).size).toBeLessThan(60_000);
    channel.cut = 'no';
    for (let waited = 0; recorder.waiting > 0 && waited < 200; waited += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    recorder.write('back again', { step: null });
    expect(await recorder.drain(10_000)).toBe(true);
    await recorder.close();
    const lines = await storedLines(sql, lease);
    expect(isGapless(lines)).toBe(true);
    expect(lines.at(-1)?.message).toBe('back again');
    expect(lines.at(-2)).toMatchObject({ kind: 'gap' });
    const kept = lines.filter(({ kind }) => kind === 'log').length - 1;
    expect(lines.at(-2)?.message).toContain(`${(5000 - kept).toLocaleString('en')} lines were left out`);
  });

  it('cuts secrets out before anything leaves, also those a command names while it runs', async () => {
    const lease = await run();
    const { recorder, file } = openTestRecorder({
      channel: databaseChannel({ url }),
      lease,
      secrets: ['hunter2hunter2'],
    });
    const jwt = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
    recorder.write(
      `password hunter2hunter2\n::add-mask::swordfish9\nthen swordfish9\nBearer abc123.def=\nexport KEY=${jwt}\npostgres://u:p4ss@host/db`,
      { step: null },
    );
    await recorder.drain(5000);
    const bytes = readFileSync(file, 'utf8');
    await recorder.close();
    const text = (await storedLines(sql, lease)).map(({ message }) => message).join('\n');
    for (const secret of ['hunter2hunter2', 'swordfish9', 'abc123.def=', jwt, 'p4ss']) {
      expect(text).not.toContain(secret);
      expect(bytes).not.toContain(secret);
    }
    expect(text.split('\n')).toHaveLength(5);
  });

  it('cuts an endless line, keeps the text of odd bytes, and shows what a terminal would', async () => {
    const lease = await run();
    const { recorder } = openTestRecorder({
      channel: databaseChannel({ url }),
      lease,
      limits: { lineLength: 100 },
    });
    recorder.write(`${'x'.repeat(500)}\na\0b\n10 %\r50 %\r100 %\r\n\u{1F600}ü`, { step: null });
    await recorder.drain(5000);
    await recorder.close();
    expect((await storedLines(sql, lease)).map(({ message }) => message)).toEqual([
      `${'x'.repeat(100)} … [400 more characters]`,
      'ab',
      '100 %',
      '\u{1F600}ü',
    ]);
  });
});

describe('a buffer', () => {
  it('goes on after its writer was killed in the middle of a frame', async () => {
    const lease = await run();
    const channel = cuttable();
    channel.cut = 'before';
    const first = openTestRecorder({ channel, lease, limits: { batchLines: 10 } });
    first.recorder.write(numbered(30), { step: null });
    first.recorder.flush();
    // The last frame is half there, as after SIGKILL or a full disk.
    truncateSync(first.file, statSync(first.file).size - 7);
    appendFileSync(first.file, '{"fra');
    const second = openTestRecorder({ channel: databaseChannel({ url }), lease, file: first.file });
    expect(second.journal.next).toBe(21);
    second.recorder.write(numbered(5, 21), { step: null });
    expect(await second.recorder.drain(5000)).toBe(true);
    await second.recorder.close();
    expect((await storedLines(sql, lease)).map(({ message }) => message)).toEqual(numbered(25).split('\n'));
  });

  it('that was changed by somebody is not sent past the change', async () => {
    const lease = await run();
    const channel = cuttable();
    channel.cut = 'before';
    const { recorder, file } = openTestRecorder({ channel, lease, limits: { batchLines: 10 } });
    recorder.write(numbered(30), { step: null });
    recorder.flush();
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('line 15', 'lime 15'));
    expect(Journal.open(file, 1_000_000).next).toBe(11);
  });

  it('begins anew once everything is stored, and forgets no number', async () => {
    const lease = await run();
    const { recorder, file } = openTestRecorder({
      channel: databaseChannel({ url }),
      lease,
      limits: { memoryBytes: 0 },
    });
    const wide = 'w'.repeat(1000);
    for (let part = 0; part < 6; part += 1) {
      recorder.write(
        Array.from({ length: 1000 }, (_, index) => `${part * 1000 + index + 1} ${wide}`).join('\n'),
        { step: null },
      );
      await recorder.drain(10_000);
    }
    expect(statSync(file).size).toBeLessThan(5_000_000);
    recorder.write('last', { step: null });
    await recorder.drain(5000);
    await recorder.close();
    const lines = await storedLines(sql, lease);
    expect(lines).toHaveLength(6001);
    expect(isGapless(lines)).toBe(true);
  });
});
