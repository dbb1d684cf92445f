/** One running function: passes requests on, watches its limits, ends it. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerFailure } from './answers.ts';
import type { FunctionAnswer, FunctionCall } from './call.ts';
import { forward } from './forward.ts';
import type { LogWriter } from './function-logs.ts';
import type { FunctionProcess, ProcessEnd } from './function-process.ts';
import type { FunctionLimits } from './limits.ts';
import { readUsage } from './process-usage.ts';

/** Why a process ends, in the words `beforeunload` listeners are told. */
export type EndReason = 'WallClockTime' | 'CPUTime' | 'Memory' | 'EarlyDrop' | 'TerminationRequested';

/** A function that takes requests. */
export interface Worker {
  readonly executionId: string;
  readonly revision: string;
  readonly pid: number;
  readonly bootMs: number;
  readonly startedAt: number;
  readonly inFlight: () => number;
  /** False once it is to end: the next request needs another one. */
  readonly takesRequests: () => boolean;
  /** Null when the process is gone and saw nothing of the request: another one may have it. */
  readonly call: (call: FunctionCall) => Promise<FunctionAnswer | null>;
  /** Ends it when the requests it has are answered. */
  readonly retire: (reason: EndReason) => void;
  readonly stop: (reason: EndReason) => Promise<void>;
  readonly ended: Promise<void>;
}

/** How often limits are looked at while there is something to do. */
const WATCH_MS = 100;
/** A broken connection is explained by the end of the process, which may be noticed a moment later. */
const END_FOLLOWS_MS = 1_000;

/** Takes over a process that listens. */
export function createWorker(options: {
  readonly process: FunctionProcess;
  readonly executionId: string;
  readonly revision: string;
  readonly limits: FunctionLimits;
  readonly log: LogWriter;
}): Worker {
  const { process: child, limits, log } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const startedAt = performance.now();
  let inFlight = 0;
  let lastUsed = startedAt;
  let retired: EndReason | null = null;
  let limit: EndReason | null = null;
  let end: ProcessEnd | null = null;
  /** Processor time up to which the requests in flight may go. */
  let cpuAllowance: number | null = null;
  let baseBytes: number | null = null;
  /** A request nobody waits for any more may still be at work. */
  let abandoned = false;
  let unreachable = false;

  const ended = child.ended.then((how) => {
    end = how;
    clearInterval(watch);
    agent.destroy();
    if (how.outOfMemory) limit ??= 'Memory';
    const expected = retired !== null && limit === null;
    log.event('ended', expected ? 'info' : 'error', `ended: ${describeEnd(how, limit ?? retired)}`);
  });

  const exceed = (reason: EndReason): void => {
    limit = reason;
    if (reason !== 'WallClockTime') {
      child.kill();
      return;
    }
    // The one limit that is seen coming: the function may still put things away.
    child.unload(reason);
    setTimeout(child.kill, limits.graceMs).unref();
  };

  const stop = async (reason: EndReason): Promise<void> => {
    retired ??= reason;
    if (end !== null) return;
    child.unload(reason);
    const polite = await Promise.race([ended.then(() => true), sleep(limits.graceMs, false, { ref: false })]);
    if (!polite) child.kill();
    await ended;
  };

  const retire = (reason: EndReason): void => {
    if (retired !== null) return;
    retired = reason;
    if (inFlight === 0) void stop(reason);
  };

  const watchLimits = async (): Promise<void> => {
    if (limit !== null) return;
    const age = performance.now() - startedAt;
    if (age > limits.wallClockMs) return exceed('WallClockTime');
    const busy = inFlight > 0 || child.background() > 0;
    if (!busy && retired === null && performance.now() - lastUsed > limits.idleMs) retire('EarlyDrop');
    if (!busy && !abandoned) return;
    const usage = await readUsage(child.pid);
    if (usage === null) return;
    baseBytes ??= usage.residentBytes;
    cpuAllowance ??= usage.cpuMs + limits.cpuMs * Math.max(inFlight, 1);
    if (usage.cpuMs > cpuAllowance) exceed('CPUTime');
    // Deno itself takes some memory before the first request; the limit is for what the function adds.
    else if (usage.residentBytes - baseBytes > limits.memoryBytes) exceed('Memory');
  };
  const watch = setInterval(() => void watchLimits(), WATCH_MS);
  watch.unref();
  void readUsage(child.pid).then((usage) => {
    baseBytes ??= usage?.residentBytes ?? null;
  });

  const begin = (): void => {
    // Each request brings its own allowance; it counts from the first of those that overlap.
    if (inFlight === 0) cpuAllowance = null;
    else if (cpuAllowance !== null) cpuAllowance += limits.cpuMs;
    inFlight += 1;
  };
  const finish = (): void => {
    inFlight -= 1;
    lastUsed = performance.now();
    if (inFlight === 0 && retired !== null) void stop(retired);
  };

  const call = async (request: FunctionCall): Promise<FunctionAnswer | null> => {
    begin();
    const outcome = await forward(request, { port: child.port, agent, timeoutMs: limits.responseMs, finish });
    switch (outcome.kind) {
      case 'answer':
        return outcome.answer;
      case 'gone':
        abandoned = true;
        return { status: 499, headers: {}, body: null };
      case 'unreached':
        unreachable = true;
        // Should it live and only have stopped listening, it is of no use to anybody.
        setTimeout(() => retire('EarlyDrop'), END_FOLLOWS_MS).unref();
        return null;
      case 'timeout':
        abandoned = true;
        log.line('error', `no response within ${limits.responseMs} ms`);
        return workerFailure('IDLE_TIMEOUT');
      case 'broken':
        await Promise.race([ended, sleep(END_FOLLOWS_MS, undefined, { ref: false })]);
        if (end === null) log.line('error', `the connection to the function broke: ${outcome.reason}`);
        return workerFailure(limit === null ? 'WORKER_ERROR' : 'WORKER_LIMIT');
    }
  };

  return {
    executionId: options.executionId,
    revision: options.revision,
    pid: child.pid,
    bootMs: child.bootMs,
    startedAt,
    inFlight: () => inFlight,
    takesRequests: () => retired === null && end === null && limit === null && !unreachable,
    call,
    retire,
    stop,
    ended,
  };
}

function describeEnd(end: ProcessEnd, reason: EndReason | null): string {
  if (reason !== null) return reason;
  return end.signal === null ? `exit code ${end.code ?? 'unknown'}` : `signal ${end.signal}`;
}
