import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { finished } from 'node:stream/promises';
import { createLineRedaction, secretValues } from './redact-lines.ts';
import { readMasks, type SessionFolder } from './session.ts';
import { rememberMask, SpoolWriter } from './spool-writer.ts';

export interface RunRecorded {
  readonly paths: SessionFolder;
  readonly step: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How often to ask whether somebody wants the build to stop. */
const CANCEL_MS = 1000;
/** How long a command may take to end when it is asked to. */
const GRACE_MS = 10_000;

/**
 * Run a command; what it says goes to our own output, as ever, and to the recorder. Recording can't fail the command, nor slow it
 * down beyond writing a file.
 *
 * @returns its exit code; 128 + n when signal n ended it, 127 when it can't be started
 */
export async function runRecorded(
  options: RunRecorded & {
    readonly command: string;
    readonly args: readonly string[];
    readonly cwd?: string;
  },
): Promise<number> {
  const spool = openSpool(options);
  const child = spawn(options.command, options.args, {
    stdio: ['inherit', 'pipe', 'pipe'],
    env: options.environment,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${options.command}: ${error.message}\n`);
      resolve(127);
    });
    child.once('close', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal])),
    );
  });
  child.stdout.on('data', (chunk: Buffer) => pass(process.stdout, 'stdout', chunk, spool));
  child.stderr.on('data', (chunk: Buffer) => pass(process.stderr, 'stderr', chunk, spool));
  // A signal to us is one to the command: it decides what becomes of it, and we stay to hear its last words.
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', forward).on('SIGINT', forward);
  const watch = setInterval(() => {
    if (!existsSync(options.paths.cancelFile)) return;
    clearInterval(watch);
    process.stderr.write('The build was asked to stop.\n');
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  }, CANCEL_MS);
  try {
    return await ended;
  } finally {
    clearInterval(watch);
    process.off('SIGTERM', forward).off('SIGINT', forward);
    spool?.end();
  }
}

/** Record what comes in, and pass it on: `command 2>&1 | opsroom record`. */
export async function recordInput(options: RunRecorded, input: NodeJS.ReadableStream): Promise<void> {
  const spool = openSpool(options);
  input.on('data', (chunk: Buffer) => pass(process.stdout, 'stdout', chunk, spool));
  try {
    await finished(input);
  } finally {
    spool?.end();
  }
}

/** Undefined where nothing is recorded: outside a job, or when the folder can't be written. */
function openSpool({ paths, step, environment }: RunRecorded): SpoolWriter | undefined {
  if (!existsSync(paths.spool)) return undefined;
  try {
    return new SpoolWriter({
      folder: paths.spool,
      step,
      redaction: createLineRedaction([...secretValues(environment), ...readMasks(paths)]),
      onMask: (value) => rememberMask(paths.masks, value),
    });
  } catch (error) {
    sayOnce(error);
    return undefined;
  }
}

function pass(
  out: NodeJS.WritableStream,
  stream: string,
  chunk: Buffer,
  spool: SpoolWriter | undefined,
): void {
  out.write(chunk);
  try {
    spool?.write(stream, chunk);
  } catch (error) {
    sayOnce(error);
  }
}

let said = false;

/** A full disk, in all likelihood: the command matters more than its record. */
function sayOnce(error: unknown): void {
  if (!said) process.stderr.write(`Not recorded: ${error instanceof Error ? error.message : 'unknown'}\n`);
  said = true;
}
