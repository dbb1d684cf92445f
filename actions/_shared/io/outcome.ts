import type { Diagnostic } from '../declare/model.ts';
import type { RunReason } from './run-record.ts';

/** What an action has to say when it is done. It prints nothing itself; the runner wrapper does, masks first. */
export interface Outcome {
  readonly reason: RunReason;
  /** One sentence: the last line of the log, and the error when the step fails. */
  readonly message: string;
  readonly environment?: string;
  readonly digest?: string;
  readonly counts?: Readonly<Record<string, number>>;
  /** Folder of the workspace that the files of diagnostics are relative to. */
  readonly root?: string;
  /** Each becomes an annotation on its line. */
  readonly diagnostics?: readonly Diagnostic[];
  /** Annotations without a place in a file. */
  readonly notices?: readonly string[];
  /** The same, for what somebody should look at although the run goes on. */
  readonly warnings?: readonly string[];
  /** Text for the log. */
  readonly log?: string;
  /** Markdown for the summary of the job, bounded when it is written. */
  readonly summary?: string;
  /** Outputs besides `result` and `reason`. */
  readonly outputs?: Readonly<Record<string, string>>;
}
