import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A process to start; it sees nothing of our own environment. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Every line, as soon as it is there. */
  readonly onLine: (line: string) => void;
}

/** How patient the runner is with a process it wants to end. */
export interface Patience {
  /** Between SIGINT and SIGTERM, in ms. */
  readonly interruptMs: number;
  /** Between SIGTERM and the end, in ms. */
  readonly terminateMs: number;
}

/** What GitHub's runner waits. */
export const PATIENCE: Patience = { interruptMs: 7_500, terminateMs: 2_500 };

/** A process that runs. */
export interface RunningProgram {
  /** Its exit code; 128 + signal where a signal ended it, 127 where it could not be started. */
  readonly exited: Promise<number>;
  /** SIGINT, then SIGTERM, then the end of it and of all it started. */
  readonly interrupt: (patience: Patience) => void;
  /** The end of it and of all it started, at once. */
  readonly kill: () => void;
}

// A line of this length is cut, so that a step that prints no line break cannot fill the memory.
const LINE_CHARACTERS = 65_536;
// Output that background processes still hold open is not waited for longer than this; of a process that was told to end,
// hardly at all.
const DRAIN_MS = 2_000;
const DRAIN_INTERRUPTED_MS = 100;

/** Starts a process as the leader of a group of its own. */
export function startProgram({ command, args, cwd, env, onLine }: Program): RunningProgram {
  const child = spawn(command, args, {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const drained = Promise.all([readLines(child.stdout, onLine), readLines(child.stderr, onLine)]);
  const timers: NodeJS.Timeout[] = [];
  let over = false;
  let interrupted = false;
  const exited = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      onLine(`##[error]${command} could not be started: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      over = true;
      for (const timer of timers) clearTimeout(timer);
      resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 9));
    });
  }).then(async (code) => {
    await Promise.race([drained, pause(interrupted ? DRAIN_INTERRUPTED_MS : DRAIN_MS)]);
    child.stdout.destroy();
    child.stderr.destroy();
    return code;
  });
  const later = (ms: number, act: () => void): void => {
    timers.push(setTimeout(act, ms));
  };
  const kill = (): void => endGroup(child);
  return {
    exited,
    kill,
    interrupt: ({ interruptMs, terminateMs }) => {
      if (over) return;
      interrupted = true;
      child.kill('SIGINT');
      later(interruptMs, () => child.kill('SIGTERM'));
      later(interruptMs + terminateMs, kill);
    },
  };
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

/** Cuts a stream into lines; of a line without an end only the beginning is kept. */
async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  stream.setEncoding('utf8');
  let open = '';
  const take = (text: string): void => {
    if (open.length <= LINE_CHARACTERS) open += text;
  };
  const tell = (): void => {
    const line = open.endsWith('\r') ? open.slice(0, -1) : open;
    onLine(line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)} ...` : line);
    open = '';
  };
  try {
    for await (const chunk of stream) {
      const [first = '', ...rest] = String(chunk).split('\n');
      take(first);
      for (const each of rest) {
        tell();
        take(each);
      }
    }
  } catch {
    // The stream was given up; what came is what there is.
  }
  if (open !== '') tell();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
