import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { TASK_TYPE } from './queue-contender.ts';

const BATCH = 500;

/** The statement of a worker's turn, its ids and token carried from one to the next. */
const SCRIPT = `select coalesce(min(lease_token), 0) as token, coalesce(array_agg(id), '{}')::text as ids
from ops.complete_and_claim_jobs(:token, :ids::text::bigint[], null, 'limit', ${BATCH}, '1 minute', '{${TASK_TYPE}}') \\gset
`;

/** True when pgbench can be run here. */
export function hasPgbench(): boolean {
  return spawnSync('pgbench', ['--version']).status === 0;
}

/**
 * Milliseconds to drain `jobs` queued jobs by nothing but the worker's statement in batches of ${500}, one session:
 * by pgbench, or by a bare loop where there is none.
 */
export async function timeStatement(url: string, jobs: number): Promise<number> {
  const turns = Math.ceil(jobs / BATCH) + 1;
  return hasPgbench() ? byPgbench(url, turns) : byLoop(url, turns);
}

function byPgbench(url: string, turns: number): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-pgbench-'));
  const script = path.join(folder, 'turn.sql');
  writeFileSync(script, SCRIPT);
  const { hostname, port, username, password, pathname } = new URL(url);
  const args = ['-n', '-M', 'prepared', '-c', '1', '-t', String(turns), '-D', 'token=0', '-D', 'ids={}'];
  const place = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)];
  const ran = spawnSync('pgbench', [...args, '-f', script, ...place], {
    encoding: 'utf8',
    env: { ...process.env, PGPASSWORD: decodeURIComponent(password) },
  });
  rmSync(folder, { recursive: true, force: true });
  const [, average] = /latency average = ([\d.]+) ms/.exec(ran.stdout) ?? [];
  if (average === undefined) throw new Error(`pgbench failed: ${ran.stderr}`);
  return Number(average) * turns;
}

async function byLoop(url: string, turns: number): Promise<number> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await sql`select 1`;
    const started = performance.now();
    let token = '0';
    let ids = '{}';
    for (let turn = 0; turn < turns; turn += 1) {
      const [row] = await sql<{ token: string; ids: string }[]>`
        select coalesce(min(lease_token), 0)::text as token, coalesce(array_agg(id), '{}')::text as ids
        from ops.complete_and_claim_jobs(${token}, ${ids}::text::bigint[], null, 'limit', ${BATCH}, '1 minute',
                                         ${`{${TASK_TYPE}}`}::text::text[])`;
      token = row?.token ?? '0';
      ids = row?.ids ?? '{}';
    }
    return performance.now() - started;
  } finally {
    await sql.end();
  }
}
