/** What the API asks of whoever runs the jobs. */
export type RunRequest =
  | {
      readonly kind: 'cancel';
      readonly runId: number;
      /** Force: not even `always()` steps run. */
      readonly force: boolean;
    }
  | {
      readonly kind: 'rerun';
      readonly runId: number;
      /** The new attempt, queued. */
      readonly attempt: number;
      /** Which jobs to run; what is not named was copied over with its result and counts as done. */
      readonly jobs: 'all' | readonly string[];
      readonly debugLogging: boolean;
    };

/** Hears requests; returning is agreeing. */
export type RunRequestListener = (request: RunRequest) => void;
