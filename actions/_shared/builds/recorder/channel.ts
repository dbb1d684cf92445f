import * as z from 'zod';
import type { Frame } from './frame.ts';

/** Who may write to a build now: its attempt and the fencing token of its lease. */
export interface Lease {
  readonly buildId: string;
  readonly attempt: number;
  /** A bigint, as text. */
  readonly token: string;
}

/** Which run wants to write. */
export const StartRequest = z.strictObject({
  /** Left out: the build is opened by repository and run. */
  buildId: z.uuid().optional(),
  repository: z.string(),
  runId: z.string().regex(/^\d{1,18}$/),
  runAttempt: z.int().positive(),
  branch: z.string().optional(),
  sha: z.string().optional(),
  /** What is built, when it is not the commit of the run. */
  commit: z.string().optional(),
  /** Word of ops.builds.trigger. */
  trigger: z.string(),
  /** Slug, when a repository has several projects. */
  project: z.string().optional(),
  runnerId: z.string().min(1).max(200),
});
export type StartRequest = z.infer<typeof StartRequest>;

/** What became of a start. */
export type Started =
  | { readonly outcome: 'started'; readonly lease: Lease; readonly lastSeq: number }
  /** Another run has the build. */
  | { readonly outcome: 'stale' };

/** What a heartbeat hears: `cancel`: somebody wants the build to stop; `lost`: it is not ours any more. */
export type Verdict = 'held' | 'cancel' | 'lost';

/**
 * The way to the database: directly as a role, or through the function ops-record-build.
 *
 * Everything may be sent again. An error for which `isAway` holds passes by itself; any other does not.
 */
export interface BuildChannel {
  readonly start: (request: StartRequest) => Promise<Started>;
  readonly heartbeat: (lease: Lease) => Promise<Verdict>;
  /** Calls of `write` that may be under way at once: more than one only where they arrive in the order in which they were made. */
  readonly writesAtOnce: number;
  /** Store frames, in order. `stale`: the lease is over; nothing of what followed was stored. */
  readonly write: (lease: Lease, frames: readonly Frame[]) => Promise<'stored' | 'stale'>;
  /** Whether the database, or the way to it, is away for the moment. */
  readonly isAway: (error: unknown) => boolean;
  readonly close: () => Promise<void>;
}
