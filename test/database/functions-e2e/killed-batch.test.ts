import { afterAll, describe, expect, it } from 'vitest';
import { someContent } from '../../../bench/chaos-batch-facts.ts';
import { runBatchChaos } from '../../../bench/chaos-batch-run.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import { type EndToEnd, startEndToEnd } from './fixture.ts';

const files = 300;
let room: EndToEnd | undefined;
afterAll(() => room?.close());

describe.skipIf(deno === null)('a batch whose process is killed again and again', () => {
  // The long version: npm run bench -- chaos-batch
  it('moves every file exactly once, and its card tells the truth', { timeout: 60_000 }, async () => {
    room = await startEndToEnd(import.meta.url, { files, content: someContent });
    await room.project.service.storage.createBucket('odoo-archive');
    const { facts, kills } = await runBatchChaos({
      sql: room.database.sql,
      project: room.project,
      token: room.secrets.ARCHIVE_ODOO_FILES_TOKEN ?? '',
      files,
      content: someContent,
      limit: 10,
      callers: 1,
      killEveryMs: 300,
      hastenLeases: true,
      pauseMs: 20,
      limitMs: 50_000,
    });

    expect(facts.filter(({ holds }) => !holds)).toEqual([]);
    expect(kills).toBeGreaterThan(2);
  });
});
