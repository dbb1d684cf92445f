import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GitHubEvent } from '../../github/events/event.ts';
import type { RunRequest } from '../../github/runs/run-request.ts';
import { createExpressions } from '../expressions.ts';
import { loadLanguage } from '../language.ts';
import { PATIENCE, type Patience } from '../program.ts';
import { createActivity } from './activity.ts';
import { createConcurrency } from './concurrency.ts';
import type { ActionsHost } from './host.ts';
import { createRegistry, type Registry } from './registry.ts';
import type { LogLine, RunView, Vault, Workshop } from './session.ts';
import { createArtifacts, createCaches } from './shelves.ts';
import { createSlots } from './slots.ts';
import { createSource } from './sources.ts';
import { startForEvent, startSchedules } from './start-runs.ts';

/** What the runs of a repository need. */
export interface ActionsOptions {
  readonly github: ActionsHost;
  /** Values of secrets; the stand-in knows their names only. */
  readonly secrets?: Vault;
  /** Variables beside those the stand-in has. */
  readonly variables?: Vault;
  /** Set for every step, as the environment of a machine is: addresses of local services. */
  readonly machine?: Readonly<Record<string, string>>;
  /** Jobs at the same time, 2 when left out. */
  readonly parallel?: number;
  readonly onLine?: (line: LogLine) => void;
  /** What a minute of `timeout-minutes` lasts, in ms. */
  readonly minuteMs?: number;
  readonly patience?: Patience;
  /** After how many ms GitHub gives up on a machine that vanished; ten minutes when left out. */
  readonly lostAfterMs?: number;
  readonly now?: () => Date;
  /** Changes what the token of a job may do: for tests that take scopes away. */
  readonly permit?: Workshop['permit'];
}

/** GitHub Actions for the stand-in: hears events, runs workflows. */
export interface ActionsEngine {
  /** Every attempt since the start, oldest first. */
  readonly runs: readonly RunView[];
  /**
   * Lets time pass: starts the workflows whose schedule names this cron line, the scheduled workflow with this file name, or
   * those due in the minute of a date. @returns ids of the runs
   */
  readonly tick: (what: string | Date) => Promise<number[]>;
  /** Resolves when nothing runs any more that will go on by itself; what waits for approval does not count. */
  readonly idle: () => Promise<void>;
  /** The machines of a run are gone without a word: no post step, no result, until GitHub gives up on them. */
  readonly vanish: (runId: number) => void;
  /** GitHub gives up on the machines of a run that vanished, now. */
  readonly giveUp: (runId: number) => void;
  /** Ends every process and waits until they are gone. */
  readonly stop: () => Promise<void>;
}

const LOST_AFTER_MS = 600_000;

/** Starts hearing events and running workflows. Nothing runs before the first event. */
export async function startActions(options: ActionsOptions): Promise<ActionsEngine> {
  const { github } = options;
  const language = await loadLanguage();
  const root = mkdtempSync(path.join(tmpdir(), 'opsroom-actions-'));
  mkdirSync(path.join(root, 'commits'));
  const activity = createActivity();
  const shop: Workshop = {
    host: github,
    language,
    expressions: createExpressions(language),
    secrets: options.secrets ?? {},
    variables: options.variables ?? {},
    machine: options.machine ?? {},
    source: createSource(github.store, path.join(root, 'commits')),
    root,
    node: node24(),
    patience: options.patience ?? PATIENCE,
    minuteMs: options.minuteMs ?? 60_000,
    lostAfterMs: options.lostAfterMs ?? LOST_AFTER_MS,
    now: options.now ?? (() => new Date()),
    activity,
    concurrency: createConcurrency(),
    slots: createSlots(options.parallel ?? 2),
    artifactsOf: createArtifacts(github.store, path.join(root, 'artifacts')),
    caches: createCaches(path.join(root, 'caches')),
    onLine: options.onLine ?? (() => undefined),
    permit: options.permit ?? ((granted) => granted),
  };
  const registry = createRegistry(shop);
  const deaf = [
    github.onEvent((event) => hear(registry, event)),
    github.runs.onRequest((request) => obey(registry, request)),
  ];
  return {
    runs: registry.views,
    tick: (what) => activity.during(() => startSchedules(registry, what)),
    idle: async () => {
      await activity.idle();
      if (registry.faults.length > 0) throw new AggregateError(registry.faults, 'The runner broke');
    },
    vanish: registry.vanish,
    giveUp: registry.giveUp,
    stop: async () => {
      for (const stop of deaf) stop();
      await registry.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function hear(registry: Registry, event: GitHubEvent): void {
  if (!event.startsWorkflows || event.name === 'workflow_job') return;
  registry.background(() => startForEvent(registry, event));
}

function obey(registry: Registry, request: RunRequest): void {
  if (request.kind === 'cancel') registry.cancel(request.runId, request.force);
  else registry.background(() => registry.rerun(request));
}

/** The Node that steps run on: this one if it is a 24, else the one npm brought. */
function node24(): string {
  if (process.version.startsWith('v24.')) return process.execPath;
  const brought = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
  if (!existsSync(brought)) throw new Error('Steps run on Node 24, and there is none.');
  return brought;
}
