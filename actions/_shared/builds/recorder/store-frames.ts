import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';
import type { Frame, LinesFrame } from './frame.ts';
import { replayFrame } from './statements.ts';

/** An attempt of a build. */
export interface BuildAttempt {
  readonly buildId: string;
  readonly attempt: number;
}

/**
 * Store the frames of a buffer after the fact, without a lease. What is there already stays as it is; where the numbers of lines
 * have gone to another job of the build meanwhile, those lines go behind the last one. May be repeated.
 *
 * @param sql as service_role or the owner
 * @param shift what to add to the numbers of the buffer
 * @returns stale when the build is at another attempt
 */
export async function storeFrames(
  sql: Queryable,
  build: BuildAttempt,
  frames: readonly Frame[],
  shift: number,
): Promise<'stored' | 'stale'> {
  let by = shift;
  for (const frame of frames) {
    const placed = frame.op === 'lines' ? await place(sql, build, frame, by) : { parts: [frame], by };
    by = placed.by;
    for (const part of placed.parts) {
      if ((await replayFrame(sql, build, part)) === 'stale') return 'stale';
    }
  }
  return 'stored';
}

/**
 * Where lines go: where they belong, as far as nobody else is there; the others behind the end.
 *
 * @returns the frame with its numbers, in two parts if need be, and what to add to the numbers of those that follow
 */
async function place(
  sql: Queryable,
  build: BuildAttempt,
  frame: LinesFrame,
  by: number,
): Promise<{ readonly parts: readonly LinesFrame[]; readonly by: number }> {
  const lines = frame.text.split('\n');
  const there = await linesBetween(sql, build, frame.seq + by, frame.count);
  const taken = lines.findIndex((line, index) => {
    const other = there.get(frame.seq + by + index);
    return other !== undefined && !(other.message === line && other.at === frame.at);
  });
  if (taken < 0) return { parts: [{ ...frame, seq: frame.seq + by }], by };
  const rest = slice(frame, lines, taken, lines.length);
  // Put there by an earlier replay, or else behind everything.
  const seq =
    (await findLine(sql, build, { after: rest.seq + by, at: frame.at, message: lines[taken] ?? '' })) ??
    (await lastLine(sql, build)) + 1;
  const head = taken === 0 ? [] : [{ ...slice(frame, lines, 0, taken), seq: frame.seq + by }];
  return { parts: [...head, { ...rest, seq }], by: seq - rest.seq };
}

/** Some of the lines of a frame. */
function slice(frame: LinesFrame, lines: readonly string[], from: number, to: number): LinesFrame {
  return {
    ...frame,
    seq: frame.seq + from,
    count: to - from,
    text: lines.slice(from, to).join('\n'),
    levels: frame.levels.length === 1 ? frame.levels : frame.levels.slice(from, to),
  };
}

const Stored = z.object({ seq: z.number(), at: z.date(), message: z.string() });

async function linesBetween(
  sql: Queryable,
  { buildId, attempt }: BuildAttempt,
  seq: number,
  count: number,
): Promise<ReadonlyMap<number, { readonly at: string; readonly message: string }>> {
  const rows = await sql`
    select seq, at, message
    from ops.build_events
    where build_id = ${buildId} and attempt = ${attempt} and seq between ${seq} and ${seq + count - 1}`;
  return new Map(
    z
      .array(Stored)
      .parse([...rows])
      .map((row) => [row.seq, { at: row.at.toISOString(), message: row.message }]),
  );
}

const Seq = z.object({ seq: z.number() });

/** The number of a line behind another, by the moment it was flushed and what it says. */
async function findLine(
  sql: Queryable,
  { buildId, attempt }: BuildAttempt,
  { after, at, message }: { readonly after: number; readonly at: string; readonly message: string },
): Promise<number | undefined> {
  const rows = await sql`
    select seq
    from ops.build_events
    where build_id = ${buildId} and attempt = ${attempt} and seq > ${after} and at = ${at} and message = ${message}
    order by seq
    limit 1`;
  return rows[0] === undefined ? undefined : Seq.parse(rows[0]).seq;
}

async function lastLine(sql: Queryable, { buildId, attempt }: BuildAttempt): Promise<number> {
  const rows = await sql`
    select seq from ops.build_events where build_id = ${buildId} and attempt = ${attempt} order by seq desc limit 1`;
  return rows[0] === undefined ? 0 : Seq.parse(rows[0]).seq;
}
