/**
 * Kills the process that moves files with SIGKILL, at random every few seconds, while a caller loops as pg_cron does, and
 * then asks database and storage whether every file was moved exactly once and the card told the truth. Exits 1 when a
 * fact is false.
 * Usage: npm run bench -- chaos-batch [--files 20000] [--limit 100] [--callers 1] [--kill-every 3]
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { startOdoo } from '../local/upstreams/odoo.ts';
import { serveProject } from '../test/database/functions-e2e/served-project.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { someContent } from './chaos-batch-facts.ts';
import { type BatchChaosResult, runBatchChaos } from './chaos-batch-run.ts';
import { concludeFacts } from './facts.ts';
import { wholeNumber } from './parts.ts';
import { startBenchServer } from './server.ts';

interface Wish {
  readonly files: number;
  readonly limit: number;
  readonly callers: number;
  readonly killEveryMs: number;
}

/** Returns the table of facts. @throws ConfigurationError that names those that are false */
export async function run(args: readonly string[] = []): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      files: { type: 'string', default: '20000' },
      limit: { type: 'string', default: '100' },
      callers: { type: 'string', default: '1' },
      'kill-every': { type: 'string', default: '3' },
    },
  });
  const wish = {
    files: wholeNumber(values.files, 'files'),
    limit: wholeNumber(values.limit, 'limit'),
    callers: wholeNumber(values.callers, 'callers'),
    killEveryMs: wholeNumber(values['kill-every'], 'kill-every') * 1000,
  };
  const { description, result } = await onOwnServer(wish);
  return concludeFacts({
    title: 'chaos-batch',
    head: [
      `${description}; Node ${process.versions.node}`,
      `${wish.files} files of up to 8 kB, ${wish.limit} a call, ${wish.callers} caller(s): all moved in ${result.seconds} s; ${result.kills} processes killed, ${result.claimedAgain} claims repeated; calls by status ${JSON.stringify(result.calls)}; ETA off by ${Math.round(result.etaError * 100)} % (median)`,
    ],
    facts: result.facts,
  });
}

async function onOwnServer(wish: Wish): Promise<{ description: string; result: BatchChaosResult }> {
  const server = await startBenchServer();
  const key = randomUUID();
  const token = randomUUID();
  const sql = postgres(server.url, { max: 2, onnotice: () => undefined });
  const odoo = await startOdoo({ files: wish.files, key, content: someContent });
  try {
    await applyMigrations(server.url);
    const secrets = { ARCHIVE_ODOO_FILES_TOKEN: token, ODOO_URL: odoo.url, ODOO_API_KEY: key };
    const project = await serveProject({
      superuserUrl: server.cluster.superuserUrl,
      database: 'postgres',
      connectAs: server.cluster.socketLogin,
      verifyJwt: () => false,
      secrets: () => secrets,
    });
    try {
      await project.service.storage.createBucket('odoo-archive');
      const result = await runBatchChaos({
        ...wish,
        sql,
        project,
        token,
        content: someContent,
        hastenLeases: false,
        pauseMs: 1000,
        limitMs: 60 * 60_000,
      });
      return { description: server.description, result };
    } finally {
      await project.stop();
    }
  } finally {
    await odoo.close();
    await sql.end({ timeout: 1 });
    await server.close();
  }
}
