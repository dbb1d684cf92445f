import { crc32 } from 'node:zlib';
import * as z from 'zod';

/** How serious a line is; the words of ops.build_events.level. */
export const Level = z.enum(['debug', 'info', 'notice', 'warning', 'error']);
export type Level = z.infer<typeof Level>;

/** What a recorder has to say, in the order in which it is said. */
export type Frame = LinesFrame | CallFrame;

/** Lines with newlines between, numbered from `seq` on: one call of ops.record_build_lines. */
export interface LinesFrame {
  readonly op: 'lines';
  readonly seq: number;
  readonly count: number;
  /** ISO 8601, of all lines: they were flushed together. */
  readonly at: string;
  readonly kind: string;
  /** One for all lines, or one for each. */
  readonly levels: readonly Level[];
  readonly step: string | null;
  readonly text: string;
}

/** What a build is or leaves behind. Each is safe to send again. */
export type CallFrame = StatusFrame | ArtifactFrame | MetricsFrame | DeploymentFrame;

export const StatusFrame = z.strictObject({
  op: z.literal('status'),
  status: z.enum(['running', 'succeeded', 'almost', 'failed', 'cancelled']),
  error: z.string().max(10_000).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  environment_url: z.string().max(2000).optional(),
});
export type StatusFrame = z.infer<typeof StatusFrame>;

export const ArtifactFrame = z.strictObject({
  op: z.literal('artifact'),
  name: z.string().min(1).max(200),
  kind: z.enum(['link', 'diff', 'file', 'log', 'image', 'dump']),
  url: z.string().max(2000).optional(),
  size_bytes: z.int().nonnegative().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type ArtifactFrame = z.infer<typeof ArtifactFrame>;

export const MetricsFrame = z.strictObject({
  op: z.literal('metrics'),
  /** Tells this call from others of the attempt: the same is stored once. */
  key: z.string().min(1).max(100),
  samples: z
    .array(
      z.strictObject({
        metric: z.string().min(1).max(200),
        value: z.number(),
        dims: z.record(z.string(), z.string()).optional(),
        ts: z.string().optional(),
      }),
    )
    .min(1)
    .max(1000),
});
export type MetricsFrame = z.infer<typeof MetricsFrame>;

export const DeploymentFrame = z.strictObject({
  op: z.literal('deployment'),
  /** Name of the GitHub environment. */
  environment: z.string().min(1).max(255),
  state: z.enum(['in_progress', 'success', 'failure', 'error']),
  environment_url: z.string().max(2000).optional(),
});
export type DeploymentFrame = z.infer<typeof DeploymentFrame>;

/** How far a source had been read when a frame was made: after a crash it is read on from there. */
export interface SourcePosition {
  readonly source: string;
  readonly offset: number;
}

const LinesHead = z.strictObject({
  op: z.literal('lines'),
  seq: z.int().positive(),
  count: z.int().positive(),
  at: z.string(),
  kind: z.string(),
  levels: z.array(Level).min(1),
  step: z.string().nullable(),
});
const Head = z.strictObject({
  frame: z.discriminatedUnion('op', [LinesHead, StatusFrame, ArtifactFrame, MetricsFrame, DeploymentFrame]),
  source: z.strictObject({ source: z.string(), offset: z.int().nonnegative() }).optional(),
  /** Bytes of text behind the head, and their checksum. */
  bytes: z.int().nonnegative(),
  crc: z.int().nonnegative(),
});

/** One frame as it is kept: a line of JSON, then its text, then a newline. */
export function encodeFrame(frame: Frame, source?: SourcePosition): Buffer {
  const text = frame.op === 'lines' ? frame.text : '';
  const body = Buffer.from(text, 'utf8');
  const head = JSON.stringify({
    frame: frame.op === 'lines' ? { ...frame, text: undefined } : frame,
    ...(source === undefined ? {} : { source }),
    bytes: body.length,
    crc: crc32(body),
  });
  return Buffer.concat([Buffer.from(`${head}\n`, 'utf8'), body, newline]);
}

const newline = Buffer.from('\n');
const NEWLINE = 10;

/** A frame and what was kept beside it. */
export interface DecodedFrame {
  readonly frame: Frame;
  readonly source: SourcePosition | undefined;
  readonly start: number;
  readonly end: number;
}

/**
 * Read frames until the end, or until one that was not written to its end: what comes after a crash is not a frame.
 *
 * @param bytes the whole file; @param from where the first frame starts
 */
export function decodeFrames(bytes: Buffer, from: number): DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  for (let start = from; start < bytes.length; ) {
    const decoded = decodeFrame(bytes, start);
    if (decoded === undefined) break;
    frames.push(decoded);
    start = decoded.end;
  }
  return frames;
}

/** The frame that starts here; undefined when it is torn. */
export function decodeFrame(bytes: Buffer, start: number): DecodedFrame | undefined {
  const headEnd = bytes.indexOf(NEWLINE, start);
  if (headEnd < 0) return undefined;
  const head = Head.safeParse(parseJson(bytes.toString('utf8', start, headEnd)));
  if (!head.success) return undefined;
  const { frame, source, bytes: length, crc } = head.data;
  const bodyEnd = headEnd + 1 + length;
  const body = bytes.subarray(headEnd + 1, bodyEnd);
  if (bytes[bodyEnd] !== NEWLINE || crc32(body) !== crc) return undefined;
  const whole = frame.op === 'lines' ? { ...frame, text: body.toString('utf8') } : frame;
  return { frame: whole, source, start, end: bodyEnd + 1 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
