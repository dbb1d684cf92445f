/** A build that runs, and recorders that write its story. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import type { BuildChannel, Lease, StartRequest } from '../../../actions/_shared/builds/recorder/channel.ts';
import { Journal } from '../../../actions/_shared/builds/recorder/journal.ts';
import { DEFAULT_LIMITS, type RecorderLimits } from '../../../actions/_shared/builds/recorder/limits.ts';
import { Recorder } from '../../../actions/_shared/builds/recorder/recorder.ts';
import { createLineRedaction } from '../../../actions/_shared/builds/recorder/redact-lines.ts';
import type { RecorderState, Taken } from '../../../actions/_shared/builds/recorder/sender.ts';
import { addBuild, addOrganisation, claim, type Organisation } from '../builds/people.ts';

/** An empty folder of a test's own. */
export function scratchFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'opsroom-recorder-'));
}

/** Whose run the tests are. */
export const request: StartRequest = {
  repository: 'acme/app',
  runId: '4711',
  runAttempt: 1,
  branch: 'main',
  trigger: 'push',
  runnerId: 'test',
};

/** Makes running builds, one after the other. */
export async function builder(
  sql: Sql,
  slug = 'acme',
): Promise<{ readonly org: Organisation; readonly run: () => Promise<Lease> }> {
  const org = await addOrganisation(sql, slug);
  return {
    org,
    run: async () => {
      await sql`update ops.builds set status = 'lost', finished_at = now() where finished_at is null`;
      await sql`delete from ops.queued_jobs`;
      await sql`delete from ops.job_leases`;
      await addBuild(sql, org.production);
      const build = await claim(sql, 'test', '10 minutes');
      if (build === null) throw new Error('nothing to claim');
      return { buildId: build.buildId, attempt: build.attempt, token: build.token };
    },
  };
}

export interface TestRecorder {
  readonly recorder: Recorder;
  readonly journal: Journal;
  readonly file: string;
  /** Each change of state. */
  readonly states: RecorderState[];
}

/** A recorder with a buffer in a folder of its own, or on the buffer of one that was there before. */
export function openTestRecorder(options: {
  readonly channel: BuildChannel;
  readonly lease?: Lease;
  readonly file?: string;
  readonly secrets?: readonly string[];
  readonly limits?: Partial<RecorderLimits>;
  readonly take?: () => Promise<Taken | undefined>;
}): TestRecorder {
  const file = options.file ?? path.join(scratchFolder(), 'buffer.opsroom');
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const journal = Journal.exists(file)
    ? Journal.open(file, limits.memoryBytes)
    : Journal.create(
        file,
        {
          build: options.lease?.buildId ?? null,
          attempt: options.lease?.attempt ?? null,
          next: 1,
          run: request,
        },
        limits.memoryBytes,
      );
  const states: RecorderState[] = [];
  const recorder = new Recorder({
    journal,
    channel: options.channel,
    lease: options.lease,
    limits,
    redaction: createLineRedaction(options.secrets),
    now: () => new Date(),
    onState: (state) => states.push(state),
    ...(options.take === undefined ? {} : { take: options.take }),
  });
  return { recorder, journal, file, states };
}

/** Lines of the build's attempt, with their numbers. */
export async function storedLines(
  sql: Sql,
  { buildId, attempt }: Lease,
): Promise<{ seq: number; message: string; kind: string; level: string; step: string | null }[]> {
  const rows = await sql<
    { seq: number; message: string; kind: string; level: string; step: string | null }[]
  >`
    select seq, message, kind, level, step
    from ops.build_events where build_id = ${buildId} and attempt = ${attempt} order by seq`;
  return rows.map((row) => ({ ...row }));
}

/** Whether numbers go from 1 on without gaps. */
export function isGapless(lines: readonly { readonly seq: number }[]): boolean {
  return lines.every(({ seq }, index) => seq === index + 1);
}
