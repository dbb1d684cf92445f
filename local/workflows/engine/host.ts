import type { GitHubEvent } from '../../github/events/event.ts';
import type { JobCredentials } from '../../github/jobs/job-desk.ts';
import type { RunTable } from '../../github/runs/run-table.ts';
import type { Store } from '../../github/store.ts';
import type { Permissions } from '../../github/tokens.ts';

/** The side of GitHub that runs of workflows need; the stand-in of local/github is one. */
export interface ActionsHost {
  /** GITHUB_API_URL */
  readonly apiUrl: string;
  readonly store: Store;
  readonly runs: RunTable;
  readonly onEvent: (listener: (event: GitHubEvent) => void) => () => void;
  /** What a job is given when it starts: a token with exactly these permissions, and the doors of its services. */
  readonly openJob: (jobId: number, options: { readonly permissions: Permissions }) => JobCredentials;
}
