import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildChannel, StartRequest } from './channel.ts';
import { isAlive } from './is-alive.ts';
import { type Finish, makeFolder, type Session, type SessionFolder, writeSession } from './session.ts';
import { rememberMask } from './spool-writer.ts';

/** What became of the attempt to take the build. */
export type StartResult =
  | { readonly kind: 'started'; readonly session: Session }
  /** The database is away: lines wait in the buffer, and the build is taken later. */
  | { readonly kind: 'later'; readonly session: Session }
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly why: string };

/** Tries before the build is left to the background process. */
const TRIES = 3;

/** Take the build for this run, and make the folder its processes share. */
export async function startRecording(options: {
  readonly paths: SessionFolder;
  readonly channel: BuildChannel;
  readonly request: StartRequest;
  readonly finish: Finish;
  readonly masks: readonly string[];
}): Promise<StartResult> {
  const { paths, channel, request, finish } = options;
  const keep = (session: Session): Session => {
    makeFolder(paths);
    for (const mask of options.masks) rememberMask(paths.masks, mask);
    writeSession(paths, session);
    return session;
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const started = await channel.start(request);
      if (started.outcome === 'stale') return { kind: 'stale' };
      return {
        kind: 'started',
        session: keep({ request, finish, lease: started.lease, shift: started.lastSeq }),
      };
    } catch (error) {
      if (!channel.isAway(error))
        return { kind: 'refused', why: error instanceof Error ? error.message : 'no reason given' };
      if (attempt === TRIES) return { kind: 'later', session: keep({ request, finish, shift: 0 }) };
      await sleep(attempt * 500);
    }
  }
}

/** How the processes of a job are told what they are: everything is one program. */
export const ROLE_VARIABLE = 'OPSROOM_RECORD_AS';
export const FOLDER_VARIABLE = 'OPSROOM_RECORD_FOLDER';
export const RUNNER_VARIABLE = 'OPSROOM_RECORD_RUNNER_PID';

/**
 * Start the background process. It is a child of nobody, so that the step ends without it; the runner ends what is left of a job.
 *
 * @param options.program file to run with this Node
 */
export function startBackground(options: {
  readonly paths: SessionFolder;
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): void {
  const log = openSync(options.paths.log, 'a', 0o600);
  const child = spawn(process.execPath, [options.program], {
    detached: true,
    stdio: ['ignore', 'ignore', log],
    env: {
      ...options.environment,
      [ROLE_VARIABLE]: 'recorder',
      [FOLDER_VARIABLE]: options.paths.folder,
      [RUNNER_VARIABLE]: String(process.ppid),
    },
  });
  child.on('error', () => undefined);
  // Said here as well: a job may be over before the process has come so far.
  if (child.pid !== undefined) writeFileSync(options.paths.processFile, `${child.pid}\n`, { mode: 0o600 });
  child.unref();
  closeSync(log);
}

/** Stop the background process and wait until it has: from then on the buffer is ours. */
export async function stopBackground(paths: SessionFolder): Promise<void> {
  const pid = readPid(paths);
  if (pid === undefined || !isAlive(pid)) return;
  signal(pid, 'SIGTERM');
  for (let waited = 0; waited < 100 && isAlive(pid); waited += 1) await sleep(50);
  // Killed at any moment, it leaves a buffer that can be gone on with.
  if (isAlive(pid)) signal(pid, 'SIGKILL');
  for (let waited = 0; waited < 20 && isAlive(pid); waited += 1) await sleep(50);
}

function readPid(paths: SessionFolder): number | undefined {
  try {
    const pid = Number(readFileSync(paths.processFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    // It never came so far.
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** Put `opsroom-log` into the folder of programs: later steps of the job run under it, and record where there is something to. */
export function writeLogProgram(paths: SessionFolder, program: string): void {
  mkdirSync(paths.bin, { recursive: true, mode: 0o700 });
  const file = path.join(paths.bin, 'opsroom-log');
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  writeFileSync(
    file,
    `#!/bin/sh
# opsroom-log COMMAND...: run a command and record what it says. Without one: record what comes in.
${ROLE_VARIABLE}=log ${FOLDER_VARIABLE}=${quoted(paths.folder)} exec ${quoted(process.execPath)} ${quoted(program)} "$@"
`,
    { mode: 0o700 },
  );
  chmodSync(file, 0o700);
}
