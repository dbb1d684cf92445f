import type { Dependencies } from '../dependencies.ts';

/** Who was let in, and how. */
export type Caller =
  | {
      readonly kind: 'run';
      /** ops.cron_runs.id of the run that called. */
      readonly runId: number;
      readonly attempt: number;
      readonly job: string;
      /** The slot the run is for, ISO 8601. */
      readonly scheduledFor: string;
      /** Opens ops.report_run once; never logged. */
      readonly token: string;
    }
  | { readonly kind: 'job_token' }
  | { readonly kind: 'secret_key' }
  /** A run of GitHub Actions; the claims of its OIDC token, verified. */
  | { readonly kind: 'github_run'; readonly claims: Readonly<Record<string, string | undefined>> }
  | {
      readonly kind: 'user';
      readonly userId: string;
      /** The user's own JWT, for asking the database under the user's role; never logged. */
      readonly jwt: string;
    };

/**
 * One way in. `undefined` when the request carries no credential of this kind.
 *
 * @throws HttpProblem 401 when it carries one that opens nothing
 */
export type Way = (request: Request, dependencies: Dependencies) => Promise<Caller | undefined>;
