import type { Conclusion } from './runs.ts';

/** A remark on a line. */
export interface StoredAnnotation {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title: string | null;
}

/** A check run of a commit. */
export interface StoredCheckRun {
  readonly id: number;
  readonly suite: number;
  readonly headSha: string;
  name: string;
  status: 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';
  conclusion: Conclusion | null;
  detailsUrl: string | null;
  externalId: string;
  startedAt: Date | null;
  completedAt: Date | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: StoredAnnotation[];
  /** Login of the app that made it. */
  readonly app: string;
}

/** A status of a commit; the newest of a context counts. */
export interface StoredCommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly createdAt: Date;
}

/** What commits were found to be. */
export interface CheckState {
  readonly checkRuns: Map<number, StoredCheckRun>;
  readonly commitStatuses: StoredCommitStatus[];
}
