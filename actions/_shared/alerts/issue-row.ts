import * as z from 'zod';
import { Severity } from './alert.ts';

/** Why a comment is written. */
export const Say = z.enum(['worsened', 'joined', 'woken', 'reopened', 'resolved']);
export type Say = z.infer<typeof Say>;

/** A row of `ops.alert_issues`: an issue, what it says, and what we do not know about it. */
export const IssueRow = z.object({
  id: z.coerce.number(),
  kind: z.enum(['alert', 'group', 'storm']),
  key: z.string(),
  marker: z.string(),
  number: z.number().nullable(),
  state: z.enum(['none', 'open', 'closed']),
  closedByPeople: z.boolean(),
  /** Fingerprint of what the body says. */
  content: z.string(),
  severity: Severity.nullable(),
  /** Dedupe keys of the alerts readers know to be loud. */
  told: z.array(z.string()),
  writtenAt: z.date().nullable(),
  /** `updated_at` of GitHub's answer to our last write. */
  changedAt: z.date().nullable(),
  openedAt: z.date().nullable(),
  closedAt: z.date().nullable(),
  isRetired: z.boolean(),
  /** A write without an answer; of a create nobody knows whether it happened. */
  attempt: z.enum(['create', 'write']).nullable(),
  /** False as soon as a create without an answer can no longer hide behind a lagging list. */
  isAttemptFresh: z.boolean(),
  say: Say.nullable(),
  sayKey: z.string().nullable(),
  /** When the comment was last tried without an answer; null when never. */
  saidAt: z.date().nullable(),
  isSayFresh: z.boolean(),
});
export type IssueRow = z.infer<typeof IssueRow>;
