import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import * as z from 'zod';
import { ArchiveOdooFilesAnswer } from '../functions/_shared/contracts/archive-odoo-files.ts';
import type { ServedProject } from '../test/database/functions-e2e/served-project.ts';
import { prepareFacts, readBatchFacts } from './chaos-batch-facts.ts';
import { type ProgressSample, progressFacts } from './chaos-batch-progress.ts';
import type { Fact } from './facts.ts';

export const slug = 'archive-odoo-files';
/** What the function's claims are held for; a killed call's files wait that long. */
const LEASE_S = 60;

export interface BatchChaos {
  readonly sql: Sql;
  readonly project: ServedProject;
  /** What opens the function. */
  readonly token: string;
  readonly files: number;
  /** What file `id` holds. */
  readonly content: (id: number) => Buffer;
  /** Files a call. */
  readonly limit: number;
  /** Calls at the same time; the declared job allows one. */
  readonly callers: number;
  /** On average. */
  readonly killEveryMs: number;
  /** Let no time pass until the files of a killed call are anybody's again; a short test has no minute. */
  readonly hastenLeases: boolean;
  /** Pause of a caller that found nothing to move. */
  readonly pauseMs: number;
  /** Give up after this long. */
  readonly limitMs: number;
}

export interface BatchChaosResult {
  readonly facts: readonly Fact[];
  readonly seconds: number;
  readonly kills: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly claimedAgain: number;
  /** Median of how far the card's ETA was off, as a part of the time that was really left. */
  readonly etaError: number;
}

/** What the calls were answered: how often each status, and the files of those that went well. */
interface Answers {
  readonly statuses: Map<string, number>;
  migrated: number;
}

/** Move all files while the process that moves them is killed again and again, then ask the database what is true. */
export async function runBatchChaos(chaos: BatchChaos): Promise<BatchChaosResult> {
  const { sql, project } = chaos;
  await prepareFacts(sql);
  const started = performance.now();
  const until = started + chaos.limitMs;
  const answers: Answers = { statuses: new Map(), migrated: 0 };
  const samples: ProgressSample[] = [];
  let done = false;
  let kills = 0;
  const going = () => !done && performance.now() < until;

  const caller = async (): Promise<void> => {
    while (going()) {
      const { migrated, remaining } = await callOnce(chaos, answers);
      if (migrated > 0) continue;
      if (remaining === 0) done = true;
      else await sleep(chaos.pauseMs);
    }
  };
  const killer = async (): Promise<void> => {
    while (going()) {
      await sleep(chaos.killEveryMs * (0.2 + 1.6 * Math.random()));
      if (!going() || !killFunction(project)) continue;
      kills += 1;
      if (chaos.hastenLeases) await expireLeases(sql);
    }
  };
  const watcher = async (): Promise<void> => {
    while (going()) {
      const sample = await readProgress(sql);
      if (sample !== null) samples.push({ ...sample, at: (performance.now() - started) / 1000 });
      await sleep(250);
    }
  };
  await Promise.all([...Array.from({ length: chaos.callers }, caller), killer(), watcher()]);
  const seconds = (performance.now() - started) / 1000;
  const last = await readProgress(sql);
  const leaseS = chaos.hastenLeases ? 0 : LEASE_S;
  const progress = progressFacts(samples, last, { ...chaos, leaseS, endedAt: seconds });
  return {
    facts: [...(await readBatchFacts({ ...chaos, kills, ...answers })), ...progress.facts],
    seconds: Math.round(seconds),
    kills,
    calls: Object.fromEntries(answers.statuses),
    claimedAgain: await claimsBeyondTheFirst(sql),
    etaError: progress.etaError,
  };
}

/** As pg_cron does through pg_net: the call is made, and what comes back is only looked at. */
async function callOnce(
  { project, token, limit }: BatchChaos,
  answers: Answers,
): Promise<{ readonly migrated: number; readonly remaining: number }> {
  const response = await fetch(project.url(slug), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-job-token': token },
    body: JSON.stringify({ limit }),
  });
  const status = String(response.status);
  answers.statuses.set(status, (answers.statuses.get(status) ?? 0) + 1);
  if (!response.ok) {
    await response.body?.cancel();
    return { migrated: 0, remaining: Number.POSITIVE_INFINITY };
  }
  const { migrated, remaining } = ArchiveOdooFilesAnswer.parse(await response.json());
  answers.migrated += migrated;
  return { migrated, remaining };
}

function killFunction({ host }: ServedProject): boolean {
  const running = host.running().find((each) => each.slug === slug);
  return running !== undefined && process.kill(running.pid, 'SIGKILL');
}

async function expireLeases(sql: Sql): Promise<void> {
  await sql`
    update ops.odoo_attachments set lease_expires_at = clock_timestamp() - interval '1 second' where status = 'migrating'`;
}

const Card = z.object({
  total: z.number(),
  done: z.number(),
  remaining: z.number(),
  percent: z.number(),
  finished: z.boolean(),
  eta_s: z.number().nullable(),
});

/** The card and the truth, from one snapshot; null before the first log. */
async function readProgress(sql: Sql): Promise<Omit<ProgressSample, 'at'> | null> {
  const [row] = await sql<{ card: unknown; moved: number }[]>`
    select ops.batch_progress('archive-odoo-files-batch') as card,
      (select count(*)::int from ops.odoo_attachments where status = 'migrated') as moved`;
  if (row === undefined || row.card === null) return null;
  return { ...Card.parse(row.card), moved: row.moved };
}

async function claimsBeyondTheFirst(sql: Sql): Promise<number> {
  const [row] = await sql<{ again: number }[]>`
    select coalesce(sum(attempts - 1), 0)::int as again from ops.odoo_attachments`;
  return row?.again ?? 0;
}
