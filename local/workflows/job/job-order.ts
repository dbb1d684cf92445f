import type { Json } from '../../github/json-schema.ts';
import type { Expressions } from '../expressions.ts';
import type { JobLog } from '../job-log.ts';
import type { Language } from '../language.ts';
import type { Masks } from '../masks.ts';
import type { Job, Workflow } from '../model.ts';
import type { Granted } from '../permissions.ts';
import type { Patience } from '../program.ts';
import type { Annotation } from '../workflow-commands.ts';

/** How a step or a job ended. */
export type Ending = 'success' | 'failure' | 'cancelled' | 'skipped';

/** Folders of one job; all are its own and go with it. */
export interface JobFolders {
  readonly home: string;
  readonly workspace: string;
  /** RUNNER_TEMP */
  readonly temp: string;
  readonly tools: string;
  /** What belongs to the runner: scripts, file commands. */
  readonly own: string;
}

/** One step as the run's page shows it. */
export interface StepReport {
  /** From 1, `Set up job`. */
  readonly number: number;
  readonly name: string;
  /** Null while it runs. */
  readonly conclusion: Ending | null;
}

/** Something a job left that outlives it. */
export interface JobServices {
  /** Folder with the files of a commit: read, never written. */
  readonly source: (sha: string) => string;
  readonly artifacts: ArtifactShelf;
  readonly caches: CacheShelf;
}

/** Files by name, of one run. */
export interface ArtifactShelf {
  /** Keeps files of a folder. @returns id of the artifact */
  readonly put: (artifact: {
    readonly name: string;
    readonly folder: string;
    readonly files: readonly string[];
    readonly overwrite: boolean;
  }) => Promise<number>;
  /** Folder of an artifact; null when there is none. */
  readonly folder: (name: string) => string | null;
  readonly names: () => readonly string[];
}

/** Files by key, of the repository. */
export interface CacheShelf {
  readonly put: (key: string, folder: string, files: readonly string[]) => void;
  /** The exact key, else the newest that begins with one of the others. */
  readonly find: (
    key: string,
    others: readonly string[],
  ) => { readonly key: string; readonly folder: string } | null;
}

/** One job that is about to run. Everything around it is decided; its steps are not. */
export interface JobOrder {
  readonly language: Language;
  readonly expressions: Expressions;
  readonly workflow: Workflow;
  readonly job: Job;
  /** `github`, `inputs`, `needs`, `strategy`, `matrix`, `vars`, `secrets`. */
  readonly contexts: Readonly<Record<string, Json>>;
  readonly sha: string;
  readonly repository: string;
  readonly permissions: Granted;
  readonly token: string;
  /** Variables only actions see (ACTIONS_RUNTIME_TOKEN, ...), and those every step sees (OIDC). */
  readonly serviceVariables: {
    readonly actions: Readonly<Record<string, string>>;
    readonly all: Readonly<Record<string, string>>;
  };
  readonly folders: JobFolders;
  readonly services: JobServices;
  /** A Node 24. */
  readonly node: string;
  readonly log: JobLog;
  readonly masks: Masks;
  readonly patience: Patience;
  /** What a minute of `timeout-minutes` lasts. */
  readonly minuteMs: number;
  readonly cancel: AbortSignal;
  /** The machine is gone: everything ends, nothing is told. */
  readonly vanish: AbortSignal;
  readonly onStep: (step: StepReport) => void;
}

/** How a job went. */
export interface JobResult {
  readonly conclusion: Exclude<Ending, 'skipped'>;
  readonly outputs: Readonly<Record<string, string>>;
  /** The `steps` context as the job left it. */
  readonly steps: Readonly<Record<string, Json>>;
  readonly annotations: readonly Annotation[];
  /** What its steps wrote to GITHUB_STEP_SUMMARY, masked. */
  readonly summary: string;
  /** Address of the deployment, of jobs with an environment. */
  readonly environmentUrl: string;
}
