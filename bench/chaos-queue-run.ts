import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { enqueueJobs, type NewJob } from '../actions/_shared/queue/statements.ts';
import { readFacts } from './chaos-queue-facts.ts';
import { startCrew } from './chaos-queue-workers.ts';
import { type Fact, fact } from './facts.ts';

export interface Chaos {
  readonly url: string;
  /** Stop the database and start it again. */
  readonly restart: (awayMs: number) => Promise<void>;
  readonly jobs: number;
  readonly workers: number;
  readonly killEveryMs: number;
  /** Give up after this long. */
  readonly limitMs: number;
  readonly say: (message: string) => void;
}

export interface ChaosResult {
  readonly facts: readonly Fact[];
  readonly seconds: number;
  readonly kills: number;
  readonly rescued: number;
}

/** Short, so that the jobs of a killed worker are soon somebody else's. */
const LEASE_MS = 2000;

/**
 * Work through the jobs while workers are killed and the database is restarted in the middle, then ask the database what
 * is true.
 */
export async function runChaos(chaos: Chaos): Promise<ChaosResult> {
  let sql = connect(chaos.url);
  await prepare(sql, chaos.jobs);
  const started = Date.now();
  const crew = startCrew({ url: chaos.url, size: chaos.workers, leaseMs: LEASE_MS });
  const killer = setInterval(() => crew.killOne(), chaos.killEveryMs);
  let restarted = false;
  let done = false;
  while (!done && Date.now() - started < chaos.limitMs) {
    await sleep(250);
    const left = await openJobs(sql);
    done = left === 0;
    if (restarted || left > chaos.jobs / 2) continue;
    restarted = true;
    chaos.say(`half is done after ${seconds(started)} s: the database restarts`);
    await sql.end({ timeout: 1 });
    await chaos.restart(500);
    sql = connect(chaos.url);
  }
  clearInterval(killer);
  const elapsed = seconds(started);
  chaos.say(`${done ? 'all done' : 'gave up'} after ${elapsed} s; ${crew.kills()} workers were killed`);
  const troubles = await crew.stop();
  // Leases of the last ones killed may still be open; the database takes them back as it would anyway.
  await sleep(LEASE_MS + 200);
  await sql`select ops.rescue_jobs()`;
  const facts = [
    ...(await readFacts(sql)),
    fact('restarts of the database', restarted ? 1 : 0, restarted),
    fact(
      'workers that ended unasked',
      troubles.length === 0 ? 0 : troubles.join('; '),
      troubles.length === 0,
    ),
  ];
  const rescued = await rescues(sql);
  await sql.end({ timeout: 1 });
  return { facts, seconds: elapsed, kills: crew.kills(), rescued };
}

function connect(url: string): Sql {
  return postgres(url, { max: 1, onnotice: () => undefined });
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}

async function openJobs(sql: Sql): Promise<number> {
  const rows = await sql<{ left: number }[]>`
    select count(*)::int as left from ops.queued_jobs where status = 'pending'`;
  return rows[0]?.left ?? 0;
}

async function rescues(sql: Sql): Promise<number> {
  const rows = await sql<
    { rescues: number }[]
  >`select coalesce(sum(rescues), 0)::int as rescues from ops.queued_jobs`;
  return rows[0]?.rescues ?? 0;
}

/** Side tables, what is special about the types, and the jobs. */
async function prepare(sql: Sql, count: number): Promise<void> {
  await sql.unsafe(`
    create schema chaos;
    create table chaos.jobs (id bigint primary key, kind text not null, serial_key text);
    create table chaos.completions (
      job_id bigint not null, lease_token bigint, status text not null, at timestamptz not null default clock_timestamp()
    );
    create table chaos.serial_runs (
      job_id bigint not null, attempt integer not null, key text not null,
      began_at timestamptz not null default clock_timestamp(), ended_at timestamptz
    );
    create index on chaos.serial_runs (job_id);
    create function chaos.record_completion() returns trigger language plpgsql set search_path = '' as $$
    begin
      insert into chaos.completions (job_id, lease_token, status)
      select old.id, (select max(l.token) from ops.job_leases l where l.held @> old.id),
        case tg_op when 'DELETE' then 'succeeded' else new.status end;
      return null;
    end $$;
    create trigger record_completion after update on ops.queued_jobs
    for each row when (old.finished_at is null and new.finished_at is not null) execute function chaos.record_completion();
    create trigger record_deletion after delete on ops.queued_jobs
    for each row when (old.finished_at is null) execute function chaos.record_completion();
    insert into ops.job_types (task_type, backoff_base, backoff_cap, rescue_cap, keep_succeeded)
    select 'chaos_' || kind, interval '20 milliseconds', interval '200 milliseconds', 10000,
      case kind when 'good' then interval '0' end
    from unnest(array['good', 'slow', 'flaky', 'bad', 'serial']) kind;`);
  const jobs = Array.from({ length: count }, (_, index) => jobOf(index));
  for (let from = 0; from < count; from += 5000) {
    const part = jobs.slice(from, from + 5000);
    const ids = await enqueueJobs(sql, part);
    const rows = part.map(({ taskType, serialKey }, index) => ({
      id: ids[index],
      kind: taskType,
      serial_key: serialKey ?? null,
    }));
    await sql`
      insert into chaos.jobs
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (id bigint, kind text, serial_key text)`;
  }
}

/** Of a hundred: 2 always fail, 5 fail twice, 3 are slow, 2 belong to one of 20 serial keys. Kills spend attempts too. */
function jobOf(index: number): NewJob {
  const place = index % 100;
  const patient = { maxAttempts: 10_000 };
  if (place < 2) return { taskType: 'chaos_bad', payload: { ms: index }, maxAttempts: 3 };
  if (place < 7) return { taskType: 'chaos_flaky', payload: { ms: index % 5 }, ...patient };
  if (place < 10) return { taskType: 'chaos_slow', payload: { ms: 200 + (index % 1300) }, ...patient };
  if (place < 12) {
    const key = `key-${Math.floor(index / 100) % 20}`;
    return { taskType: 'chaos_serial', payload: { key, ms: 5 }, serialKey: key, ...patient };
  }
  return { taskType: 'chaos_good', payload: { ms: index % 20 }, ...patient };
}
