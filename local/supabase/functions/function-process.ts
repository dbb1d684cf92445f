/** One Deno process: how it is started, what it says, how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { fetchModules } from './deno-modules.ts';
import type { DenoProgram } from './deno-program.ts';
import type { LogWriter } from './function-logs.ts';
import type { ServedFunction } from './function-source.ts';
import type { FunctionLimits } from './limits.ts';
import { outputLines } from './output-lines.ts';
import type { Reaper } from './reaper.ts';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** V8 ended it because its heap was full. */
  readonly outOfMemory: boolean;
}

/** A process that listens. */
export interface FunctionProcess {
  readonly pid: number;
  readonly port: number;
  readonly bootMs: number;
  readonly ended: Promise<ProcessEnd>;
  /** Background tasks not finished. */
  readonly background: () => number;
  /** Asks it to end, with the reason its `beforeunload` listeners are told. */
  readonly unload: (reason: string) => void;
  readonly kill: () => void;
}

/** The function did not come up; why is in its log. */
export class BootError extends Error {
  override readonly name = 'BootError';
}

/** What starting a process takes. */
export interface ProcessOptions {
  readonly deno: DenoProgram;
  readonly served: ServedFunction;
  /** Folder for what we generate. */
  readonly stateFolder: string;
  /** Deno's cache, shared by all functions. */
  readonly denoFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: FunctionLimits;
  readonly log: LogWriter;
  readonly reaper: Reaper;
}

const START = pathToFileURL(join(import.meta.dirname, 'runtime', 'start.ts')).href;
const Message = z.union([z.object({ listening: z.number() }), z.object({ background: z.number() })]);

/** Starts a function. Modules it lacks are fetched once, then it is tried again. @throws BootError */
export async function startFunctionProcess(options: ProcessOptions): Promise<FunctionProcess> {
  const main = writeMain(options);
  const first = await boot(options, main);
  if ('process' in first) return first.process;
  if (!first.modulesMissing) throw new BootError(`function ${options.served.slug} did not start`);
  await fetchFor(options, main);
  const second = await boot(options, main);
  if ('process' in second) return second.process;
  throw new BootError(`function ${options.served.slug} did not start`);
}

/** Imports that stand in a file are allowed without a permission to read; so the entry is named in one. */
function writeMain({ stateFolder, served }: ProcessOptions): string {
  const folder = join(stateFolder, 'functions', served.slug);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const main = join(folder, 'main.ts');
  const entry = pathToFileURL(served.entrypoint).href;
  writeFileSync(
    main,
    `import { serveDefault } from ${JSON.stringify(START)};\n` +
      `import * as entry from ${JSON.stringify(entry)};\n` +
      'serveDefault(entry);\n',
    { mode: 0o600 },
  );
  return main;
}

function configuration({ served }: ProcessOptions): string[] {
  const common = ['--no-lock', '--node-modules-dir=none'];
  if (served.importMap === null) return [...common, '--no-config'];
  if (/^deno\.jsonc?$/.test(basename(served.importMap))) return [...common, `--config=${served.importMap}`];
  return [...common, '--no-config', `--import-map=${served.importMap}`];
}

function denoEnvironment({ denoFolder }: ProcessOptions): Record<string, string> {
  return {
    DENO_DIR: denoFolder,
    DENO_NO_UPDATE_CHECK: '1',
    // A package.json further up is ours, not the function's.
    DENO_NO_PACKAGE_JSON: '1',
    NO_COLOR: '1',
  };
}

async function fetchFor(options: ProcessOptions, main: string): Promise<void> {
  try {
    await fetchModules({
      deno: options.deno,
      denoFolder: options.denoFolder,
      configuration: configuration(options),
      main,
      cwd: dirname(options.served.entrypoint),
      env: denoEnvironment(options),
    });
  } catch (error) {
    const said = z.object({ stderr: z.string() }).safeParse(error);
    options.log.line('error', said.success ? said.data.stderr.trim() : String(error));
    throw new BootError(`modules of function ${options.served.slug} can't be had`, { cause: error });
  }
}

function argumentsFor(options: ProcessOptions, main: string): string[] {
  const { served, denoFolder, limits } = options;
  const readable = [dirname(served.entrypoint), ...served.readable, denoFolder];
  return [
    'run',
    '--quiet',
    '--cached-only',
    '--no-prompt',
    ...configuration(options),
    '--allow-net',
    // Harmless: the environment is empty until the function's own is put in.
    '--allow-env',
    `--allow-read=${readable.map((each) => each.replaceAll(',', ',,')).join(',')}`,
    `--v8-flags=--max-old-space-size=${Math.floor(limits.memoryBytes / 1024 / 1024)}`,
    main,
  ];
}

type BootOutcome = { readonly process: FunctionProcess } | { readonly modulesMissing: boolean };

async function boot(options: ProcessOptions, main: string): Promise<BootOutcome> {
  const { deno, served, limits, log, reaper, env } = options;
  const started = performance.now();
  const child = spawn(deno.path, argumentsFor(options, main), {
    cwd: dirname(served.entrypoint),
    env: denoEnvironment(options),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches us first, and we end things in order.
    detached: true,
  });
  const { pid } = child;
  const word = `${randomBytes(12).toString('hex')} `;
  const talk = listen(child, { word, log });
  const ended = endOf(child, talk);
  if (pid === undefined) {
    await ended;
    return { modulesMissing: false };
  }
  reaper.watch(pid);
  void ended.then(() => reaper.forget(pid));
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify({ word, env })}\n`);

  const timer = setTimeout(() => {
    log.line('error', `the function did not listen within ${limits.bootMs} ms`);
    child.kill('SIGKILL');
  }, limits.bootMs);
  const port = await Promise.race([talk.listening, ended.then(() => null)]);
  clearTimeout(timer);
  if (port === null) return { modulesMissing: talk.modulesMissing() };
  return {
    process: {
      pid,
      port,
      bootMs: performance.now() - started,
      ended,
      background: talk.background,
      unload: (reason) => child.stdin.write(`${reason}\n`),
      kill: () => child.kill('SIGKILL'),
    },
  };
}

interface Talk {
  readonly listening: Promise<number>;
  readonly background: () => number;
  readonly modulesMissing: () => boolean;
  readonly outOfMemory: () => boolean;
  readonly flush: () => void;
}

function listen(
  child: ChildProcess,
  { word, log }: { readonly word: string; readonly log: LogWriter },
): Talk {
  const listening = Promise.withResolvers<number>();
  let background = 0;
  let modulesMissing = false;
  let outOfMemory = false;
  const out = outputLines((line) => log.line('info', line));
  const error = outputLines((line) => {
    if (line.startsWith(word)) {
      const message = Message.parse(JSON.parse(line.slice(word.length)));
      if ('listening' in message) listening.resolve(message.listening);
      else background = message.background;
      return;
    }
    if (line.includes('--cached-only is specified')) modulesMissing = true;
    if (/heap limit|JavaScript heap out of memory/.test(line)) outOfMemory = true;
    log.line('error', line);
  });
  child.stdout?.on('data', out.write);
  child.stderr?.on('data', error.write);
  return {
    listening: listening.promise,
    background: () => background,
    modulesMissing: () => modulesMissing,
    outOfMemory: () => outOfMemory,
    flush: () => {
      out.end();
      error.end();
    },
  };
}

/** V8 gives up with a trap, which shells report as 133. */
const HEAP_FULL_SIGNALS = new Set(['SIGTRAP', 'SIGILL', 'SIGABRT']);

function endOf(child: ChildProcess, talk: Talk): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null, outOfMemory: false }));
    // `close` comes after the last output has been read.
    child.once('close', (code, signal) => {
      talk.flush();
      const trapped = code === 133 || HEAP_FULL_SIGNALS.has(signal ?? '');
      resolve({ code, signal, outOfMemory: trapped && talk.outOfMemory() });
    });
  });
}

/** A name for one life of a function. */
export function newExecutionId(): string {
  return randomUUID();
}
