/** A build whose log is written again and again, and the two peers: one insert a line, and COPY. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import type { Lease } from '../actions/_shared/builds/recorder/channel.ts';
import { databaseChannel } from '../actions/_shared/builds/recorder/database-channel.ts';
import { Journal } from '../actions/_shared/builds/recorder/journal.ts';
import { DEFAULT_LIMITS } from '../actions/_shared/builds/recorder/limits.ts';
import { Recorder } from '../actions/_shared/builds/recorder/recorder.ts';
import { createLineRedaction } from '../actions/_shared/builds/recorder/redact-lines.ts';
import { addBuild, addOrganisation, claim } from '../test/database/builds/people.ts';

export interface Log {
  readonly orgId: string;
  readonly lease: Lease;
}

/** Makes a fresh log; the one before is gone, so that every round writes into indexes of the same size. */
export async function logMaker(sql: Sql): Promise<() => Promise<Log>> {
  const org = await addOrganisation(sql, 'bench');
  return async () => {
    await sql`delete from ops.builds`;
    await sql`delete from ops.queued_jobs`;
    await sql`delete from ops.job_leases`;
    await addBuild(sql, org.production);
    const build = await claim(sql, 'bench', '1 hour');
    if (build === null) throw new Error('nothing to claim');
    return {
      orgId: org.orgId,
      lease: { buildId: build.buildId, attempt: build.attempt, token: build.token },
    };
  };
}

const at = new Date().toISOString();

/** What a build says, 115 bytes or so a line. */
export function sampleLine(index: number): string {
  return `${at} [info] compiled src/pages/projects/[projectId]/branches/page-${index}.tsx "ok" in ${index % 97} ms (1234 modules)`;
}

export async function insertOneByOne(
  sql: Sql,
  { orgId, lease }: Log,
  lines: readonly string[],
): Promise<void> {
  for (const [index, text] of lines.entries()) {
    await sql`
      insert into ops.build_events (build_id, org_id, at, attempt, seq, level, step, message)
      values (${lease.buildId}, ${orgId}, ${at}, ${lease.attempt}, ${index + 1}, 'info', 'build', ${text})`;
  }
}

export async function copyAll(sql: Sql, { orgId, lease }: Log, lines: readonly string[]): Promise<void> {
  const sink =
    await sql`copy ops.build_events (build_id, org_id, at, attempt, seq, level, step, message) from stdin`.writable();
  for (let first = 0; first < lines.length; first += 1000) {
    const rows = lines
      .slice(first, first + 1000)
      .map(
        (text, index) => `${lease.buildId}\t${orgId}\t${at}\t1\t${first + index + 1}\tinfo\tbuild\t${text}\n`,
      );
    if (!sink.write(rows.join(''))) await once(sink, 'drain');
  }
  sink.end();
  await once(sink, 'finish');
}

export interface OpenedRecorder {
  readonly recorder: Recorder;
  readonly close: () => Promise<void>;
}

/** The recorder as a job has it: buffer on disk, masks, one connection. */
export function openBenchRecorder(url: string, { lease }: Log): OpenedRecorder {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-bench-record-'));
  const request = { repository: 'acme/app', runId: '1', runAttempt: 1, trigger: 'push', runnerId: 'bench' };
  const journal = Journal.create(
    path.join(folder, 'buffer.opsroom'),
    { build: lease.buildId, attempt: lease.attempt, next: 1, run: request },
    DEFAULT_LIMITS.memoryBytes,
  );
  const recorder = new Recorder({
    journal,
    channel: databaseChannel({ url }),
    lease,
    limits: DEFAULT_LIMITS,
    redaction: createLineRedaction(['a-secret-that-never-occurs', 'another-secret-of-the-job']),
    now: () => new Date(),
  });
  return {
    recorder,
    close: async () => {
      await recorder.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fails a round that did not store every line once. */
export async function mustHave(sql: Sql, { lease }: Log, count: number): Promise<void> {
  const [row] = await sql`
    select count(*)::int as lines, coalesce(max(seq), 0) as last from ops.build_events
    where build_id = ${lease.buildId} and attempt = ${lease.attempt}`;
  if (row?.lines !== count || row?.last !== count)
    throw new Error(`${row?.lines} lines up to ${row?.last} are there, not ${count}`);
}
