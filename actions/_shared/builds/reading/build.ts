import * as z from 'zod';
import { BUILD_STATUSES } from './build-statuses.ts';

/** States of a build. */
export const BuildStatus = z.enum(BUILD_STATUSES);
export type BuildStatus = z.infer<typeof BuildStatus>;

/** True when the build has ended. */
export function isFinal(status: BuildStatus): boolean {
  return status !== 'queued' && status !== 'dispatched' && status !== 'running';
}

/** Exit code of a command that stayed with a build to its end: 0 for good, 1 for bad, 2 when nobody knows. */
export function exitCodeOf(status: BuildStatus): number {
  switch (status) {
    case 'succeeded':
    case 'almost':
      return 0;
    case 'failed':
    case 'cancelled':
      return 1;
    case 'lost':
    case 'queued':
    case 'dispatched':
    case 'running':
      return 2;
  }
}

export const Lane = z.enum(['production', 'staging', 'development']);
export type Lane = z.infer<typeof Lane>;

/** A build as a list shows it. */
export const Build = z.object({
  id: z.uuid(),
  status: BuildStatus,
  attempt: z.number(),
  trigger: z.string(),
  actor: z.string().nullable(),
  commitSha: z.string().nullable(),
  commitMessage: z.string().nullable(),
  error: z.string().nullable(),
  githubRunUrl: z.string().nullable(),
  environmentUrl: z.string().nullable(),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  branch: z.string(),
  lane: Lane,
  project: z.string(),
});
export type Build = z.infer<typeof Build>;

/** A branch with its lane, health and last build. */
export const Branch = z.object({
  id: z.uuid(),
  name: z.string(),
  lane: Lane,
  buildCount: z.coerce.number(),
  health: z.string().nullable(),
  lastBuild: Build.omit({ branch: true, lane: true, project: true }).nullable(),
});
export type Branch = z.infer<typeof Branch>;

export const Project = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  orgSlug: z.string(),
});
export type Project = z.infer<typeof Project>;

/** One event of a log. Attempt 0 is the control room itself. */
export const LogEvent = z.object({
  attempt: z.number(),
  seq: z.number(),
  at: z.date(),
  kind: z.string(),
  level: z.enum(['debug', 'info', 'notice', 'warning', 'error']),
  step: z.string().nullable(),
  message: z.string(),
});
export type LogEvent = z.infer<typeof LogEvent>;
