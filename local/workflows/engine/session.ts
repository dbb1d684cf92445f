import type { Json, JsonObject } from '../../github/json-schema.ts';
import type { Conclusion } from '../../github/state/runs.ts';
import type { Expressions } from '../expressions.ts';
import type { ArtifactShelf, CacheShelf, Ending, StepReport } from '../job/job-order.ts';
import type { Language } from '../language.ts';
import type { Workflow } from '../model.ts';
import type { Granted } from '../permissions.ts';
import type { Patience } from '../program.ts';
import type { Annotation } from '../workflow-commands.ts';
import type { Activity } from './activity.ts';
import type { Concurrency } from './concurrency.ts';
import type { ActionsHost } from './host.ts';
import type { Slots } from './slots.ts';
import type { Source } from './sources.ts';

/** Values by name. */
export type Values = Readonly<Record<string, string>>;

/** What workflows may read: everywhere, and only in jobs that name the environment. */
export interface Vault {
  readonly repository?: Values;
  readonly environments?: Readonly<Record<string, Values>>;
}

/** A line of a job's log, masked. */
export interface LogLine {
  readonly runId: number;
  readonly jobId: number;
  /** Name of the job as people see it. */
  readonly job: string;
  readonly line: string;
}

/** What all runs share. */
export interface Workshop {
  readonly host: ActionsHost;
  readonly language: Language;
  readonly expressions: Expressions;
  readonly secrets: Vault;
  readonly variables: Vault;
  /** Set for every step, as a machine's own environment would be: addresses of local services. */
  readonly machine: Values;
  readonly source: Source;
  readonly root: string;
  readonly node: string;
  readonly patience: Patience;
  readonly minuteMs: number;
  /** How long GitHub waits for a machine that vanished. */
  readonly lostAfterMs: number;
  readonly now: () => Date;
  readonly activity: Activity;
  readonly concurrency: Concurrency;
  readonly slots: Slots;
  readonly artifactsOf: (runId: number) => ArtifactShelf;
  readonly caches: CacheShelf;
  readonly onLine: (line: LogLine) => void;
  /** Leaves out one scope of a job's token: how tests show that each is needed. */
  readonly permit: (granted: Granted, of: { readonly file: string; readonly job: string }) => Granted;
}

/** What a run is for. */
export interface RunCauseFacts {
  readonly path: string;
  readonly event: string;
  readonly payload: JsonObject;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  readonly inputs: Values;
  readonly fromFork: boolean;
}

/** One job of a run, of a matrix one of its cells. */
export interface JobView {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  conclusion: Ending | null;
  outputs: Values;
  annotations: readonly Annotation[];
  summary: string;
  steps: StepReport[];
  /** The `steps` context as the job left it: outputs, outcome, conclusion by id. */
  stepContext: Readonly<Record<string, Json>>;
  permissions: Granted;
  /** As evaluated; null where the job has none. */
  concurrency: string | null;
  environment: string | null;
  readonly log: () => string;
}

/** One attempt of a run, as the engine knows it. */
export interface RunView {
  readonly id: number;
  readonly attempt: number;
  readonly path: string;
  readonly name: string;
  readonly event: string;
  conclusion: Conclusion | null;
  /** Why it could not start, or was cancelled. */
  reason: string;
  /** Group of the workflow, as evaluated; null where it has none. */
  concurrency: string | null;
  readonly jobs: JobView[];
}

/** What the jobs of a run run on. */
export interface Machines {
  /** Aborted when they are gone. */
  readonly vanish: AbortController;
  /** Resolved when GitHub gives up on them. */
  readonly lost: PromiseWithResolvers<'failure' | 'cancelled'>;
}

/** An attempt that goes on. */
export interface Session {
  readonly shop: Workshop;
  readonly view: RunView;
  readonly cause: RunCauseFacts;
  readonly workflow: Workflow;
  /** Aborted when somebody, or the concurrency group, cancels it. */
  readonly cancel: AbortController;
  machines: Machines;
  /** Results of an earlier attempt that count. */
  readonly kept: ReadonlyMap<string, SettledJob>;
  /** Every job that is settled, by its key. */
  readonly settled: Map<string, SettledJob>;
}

/** What became of a job, all its cells together. */
export interface SettledJob {
  readonly result: Ending;
  readonly outputs: Values;
}

/** Cancels a run and says why. */
export function cancelSession(session: Session, reason: string): void {
  if (session.cancel.signal.aborted) return;
  session.view.reason = reason;
  session.cancel.abort();
}
