/**
 * Serves Edge Functions on a laptop: one Deno process per function, started on the first call, with the platform's
 * gateway in front (verify_jwt), its environment, its limits and its answers when something goes wrong.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createRedaction } from '../../../actions/_shared/io/redaction.ts';
import type { ProjectKeys } from '../keys.ts';
import { functionNotFound, healthy, methodNotAllowed, workerFailure } from './answers.ts';
import {
  callOfMessage,
  callOfRequest,
  type FunctionAnswer,
  type FunctionCall,
  responseOfAnswer,
  writeAnswer,
} from './call.ts';
import { type DenoProgram, findDeno } from './deno-program.ts';
import { functionEnvironment, type HostProject } from './environment.ts';
import { createFunctionLogs, type FunctionLogs } from './function-logs.ts';
import { BootError, newExecutionId, startFunctionProcess } from './function-process.ts';
import type { FunctionSource, ServedFunction } from './function-source.ts';
import { type FunctionLimits, PLATFORM_LIMITS } from './limits.ts';
import { startReaper } from './reaper.ts';
import { createVerifyJwt } from './verify-jwt.ts';
import { createWorker, type Worker } from './worker.ts';

/** What a host is made of. */
export interface FunctionsHostOptions {
  readonly source: FunctionSource;
  /** Folder for generated files and Deno's cache. */
  readonly stateFolder: string;
  readonly keys: ProjectKeys;
  /** Asked when a function starts: the gateway's address is often known only after the host is there. */
  readonly project: () => HostProject;
  /** Values of the declared secrets; asked when a function starts, and a change starts it anew. */
  readonly env?: () => Readonly<Record<string, string>>;
  readonly limits?: Partial<FunctionLimits>;
  /** Default: what npm installed, or the one on the PATH. */
  readonly deno?: DenoProgram;
  /** Deno's cache, when several hosts share one. */
  readonly denoFolder?: string;
}

/** A function that runs now. */
export interface RunningFunction {
  readonly slug: string;
  readonly pid: number;
  readonly executionId: string;
  readonly bootMs: number;
  readonly inFlight: number;
}

/** A running host. */
export interface FunctionsHost {
  /** Answers a request to `/functions/v1/<slug>/…` or `/<slug>/…`. */
  readonly handle: (request: Request) => Promise<Response>;
  /** The same for a request that came over the wire: quicker, for nothing is copied. */
  readonly serve: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
  readonly logs: FunctionLogs;
  readonly running: () => readonly RunningFunction[];
  /** Ends all processes and waits until they are gone. */
  readonly stop: () => Promise<void>;
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** @throws ConfigurationError without Deno */
export function createFunctionsHost(options: FunctionsHostOptions): FunctionsHost {
  const { source, keys, stateFolder } = options;
  const secretValues = (): Readonly<Record<string, string>> => options.env?.() ?? {};
  const limits: FunctionLimits = { ...PLATFORM_LIMITS, ...options.limits };
  const deno = options.deno ?? findDeno();
  const redaction = createRedaction();
  for (const value of [keys.jwtSecret, keys.secret, keys.anonJwt, keys.serviceRoleJwt]) redaction.add(value);
  const logs = createFunctionLogs({ limits, redact: redaction.redact });
  const verifyJwt = createVerifyJwt(keys);
  const reaper = startReaper();
  const current = new Map<string, { readonly revision: string; readonly worker: Promise<Worker> }>();
  const alive = new Map<Worker, string>();
  let stopping = false;

  const start = async (served: ServedFunction, revision: string): Promise<Worker> => {
    const executionId = newExecutionId();
    const log = logs.writer(served.slug, executionId);
    const secrets = secretValues();
    const project = options.project();
    redaction.add(project.databaseUrl ?? undefined);
    for (const value of Object.values(secrets)) redaction.add(value);
    const child = await startFunctionProcess({
      deno,
      served,
      stateFolder,
      denoFolder: options.denoFolder ?? join(stateFolder, 'cache', 'deno'),
      env: functionEnvironment({ served, project, keys, secrets, executionId }),
      limits,
      log,
      reaper,
    });
    log.event('booted', 'info', `booted in ${Math.round(child.bootMs)} ms`);
    const worker = createWorker({ process: child, executionId, revision, limits, log });
    alive.set(worker, served.slug);
    void worker.ended.then(() => alive.delete(worker));
    if (stopping) await worker.stop('TerminationRequested');
    return worker;
  };

  /** The process for a function as it is now; an older one ends when its requests are answered. */
  const workerFor = async (served: ServedFunction): Promise<Worker> => {
    const revision = `${served.revision} ${JSON.stringify(secretValues())}`;
    const slot = current.get(served.slug);
    if (slot?.revision === revision) {
      const worker = await slot.worker.catch(() => null);
      if (worker !== null && isFresh(worker, limits)) return worker;
      worker?.retire('EarlyDrop');
    } else {
      void slot?.worker.then((worker) => worker.retire('EarlyDrop')).catch(() => undefined);
    }
    // Others may have found the same while we waited: one of us starts it.
    const other = current.get(served.slug);
    if (other !== undefined && other !== slot) return other.worker;
    const worker = start(served, revision);
    current.set(served.slug, { revision, worker });
    worker.catch(() => {
      if (current.get(served.slug)?.worker === worker) current.delete(served.slug);
    });
    return worker;
  };

  const pass = async (served: ServedFunction, call: FunctionCall): Promise<FunctionAnswer> => {
    try {
      const answer = await (await workerFor(served)).call(call);
      return answer ?? (await (await workerFor(served)).call(call)) ?? workerFailure('WORKER_ERROR');
    } catch (error) {
      if (error instanceof BootError) return workerFailure('BOOT_ERROR');
      throw error;
    }
  };

  const answer = async (call: FunctionCall): Promise<FunctionAnswer> => {
    const slug = /^\/([^/?#]*)/.exec(call.path)?.[1] ?? '';
    if (/^\/_internal\/health(?:\?|$)/.test(call.path)) return healthy();
    const served = stopping ? null : source.find(slug);
    if (served === null) return functionNotFound();
    if (!METHODS.has(call.method)) return methodNotAllowed();
    if (served.verifyJwt && call.method !== 'OPTIONS') {
      const refusal = await verifyJwt(call);
      if (refusal !== null) return refusal;
    }
    return pass(served, call);
  };

  return {
    handle: async (request) => responseOfAnswer(await answer(callOfRequest(request))),
    serve: async (incoming, outgoing) => {
      const gone = new AbortController();
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) gone.abort();
      });
      const answered = await answer(callOfMessage(incoming, gone.signal));
      if (!gone.signal.aborted) await writeAnswer(answered, outgoing);
    },
    logs: { read: logs.read, follow: logs.follow },
    running: () =>
      [...alive].map(([worker, slug]) => ({
        slug,
        pid: worker.pid,
        executionId: worker.executionId,
        bootMs: worker.bootMs,
        inFlight: worker.inFlight(),
      })),
    stop: async () => {
      stopping = true;
      const booting = [...current.values()].map(({ worker }) => worker.catch(() => null));
      await Promise.all([...alive.keys()].map((worker) => worker.stop('TerminationRequested')));
      await Promise.all(booting);
      reaper.stop();
      await source.close();
    },
  };
}

/** Half of its life a process takes requests, so that each has time left to be answered. */
function isFresh(worker: Worker, limits: FunctionLimits): boolean {
  return worker.takesRequests() && performance.now() - worker.startedAt < limits.wallClockMs / 2;
}
