import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import * as z from 'zod';

const source = path.resolve(import.meta.dirname, '..', '..', '..', '..', '..');

/** The handlers of these tests. */
export const HANDLERS = path.resolve(import.meta.dirname, '..', 'handlers');

const LogLine = z.looseObject({ event: z.string(), level: z.string() });
export type LogLine = z.infer<typeof LogLine>;

/** One `opsroom work`, as a supervisor runs it. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it wrote so far, parsed. */
  readonly lines: readonly LogLine[];
  readonly errors: () => string;
  /** Resolves with the exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Wait for a line of this event. @throws Error when it ends first or it takes more than 15 seconds */
  readonly event: (name: string, where?: (line: LogLine) => boolean) => Promise<LogLine>;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder with the environment `local` and processes that work on its database. */
export interface Workshop {
  readonly root: string;
  readonly work: (...args: string[]) => WorkerProcess;
  /** Any other command, as it runs. */
  readonly start: (...args: string[]) => ChildProcess;
  /** Any other command, to its end. */
  readonly opsroom: (...args: string[]) => Promise<Ended>;
  /** Kill what still runs, so that a failed test leaves nobody who takes the jobs of the next. */
  readonly killAll: () => Promise<void>;
  /** Kill what still runs and remove the folder. */
  readonly close: () => Promise<void>;
}

/** @param url where workers work; @param options.effectsUrl where handlers write, the same by default */
export function openWorkshop(
  url: string,
  options: {
    readonly effectsUrl?: string;
    readonly handlers?: string;
    readonly env?: Record<string, string>;
  } = {},
): Workshop {
  const root = mkdtempSync(path.join(tmpdir(), 'opsroom-workshop-'));
  mkdirSync(path.join(root, 'runbooks'));
  writeFileSync(
    path.join(root, 'runbooks', 'environments.yaml'),
    'local:\n  lane: development\n  connection: { env: TEST_DATABASE_URL }\n',
  );
  const running = new Set<ChildProcess>();
  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [path.join(source, 'actions', 'cli.ts'), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        TEST_DATABASE_URL: url,
        TEST_EFFECTS_URL: options.effectsUrl ?? url,
        ...options.env,
      },
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const killAll = async (): Promise<void> => {
    await Promise.all(
      [...running].map(async (child) => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
  };
  const handlers = options.handlers ?? HANDLERS;
  return {
    root,
    work: (...args) =>
      watch(start(['work', '--handlers', handlers, '--format', 'json', '--log-level', 'debug', ...args])),
    start: (...args) => start(args),
    opsroom: async (...args) => {
      const child = start(args);
      const [out, err] = [collect(child.stdout), collect(child.stderr)];
      const [code] = await once(child, 'close');
      return { code: typeof code === 'number' ? code : null, out: out(), err: err() };
    },
    killAll,
    close: async () => {
      await killAll();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function collect(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

function watch(child: ChildProcess): WorkerProcess {
  const lines: LogLine[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(LogLine.parse(JSON.parse(part)));
  });
  const errors = collect(child.stderr);
  const exited = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  return {
    child,
    pid: child.pid ?? 0,
    lines,
    errors,
    exited,
    kill: (signal) => {
      child.kill(signal);
    },
    event: async (name, where = () => true) => {
      const until = Date.now() + 15_000;
      for (;;) {
        const found = lines.find((line) => line.event === name && where(line));
        if (found !== undefined) return found;
        if (child.exitCode !== null || Date.now() > until) {
          throw new Error(
            `no ${name} among: ${lines.map((line) => JSON.stringify(line)).join('\n')}\n${errors()}`,
          );
        }
        await sleep(10);
      }
    },
  };
}

/** Make the table handlers write their effects to. */
export async function createEffects(sql: Sql): Promise<void> {
  await sql`
    create table public.effects (
      id bigint generated always as identity primary key, job_id bigint not null, attempt integer not null, pid integer not null,
      how text, began_at timestamptz not null default clock_timestamp(), ended_at timestamptz
    )`;
}

const Status = z.array(z.object({ status: z.string() }));

/** Wait until the job is in this state. @throws Error after `seconds` */
export async function waitForStatus(sql: Sql, id: number, status: string, seconds = 15): Promise<void> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const rows = await sql`select status from ops.job_queue where id = ${id}`;
    const found = Status.parse([...rows])[0]?.status ?? 'gone';
    if (found === status) return;
    if (Date.now() > until) throw new Error(`job ${id} is ${found}, not ${status}`);
    await sleep(20);
  }
}
