import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { type Lease, StartRequest } from './channel.ts';

/** When the post step of a job ends the build: as the job ended, not at all, or only when the job went wrong. */
export const Finish = z.enum(['always', 'never', 'failed']);
export type Finish = z.infer<typeof Finish>;

/** What the processes of one job know of its build. No secret is in it. */
export const Session = z.strictObject({
  request: StartRequest,
  /** Left out until the build was taken. */
  lease: z.strictObject({ buildId: z.string(), attempt: z.number(), token: z.string() }).optional(),
  /** What to add to the numbers of the buffer: how many lines there were when the build was taken. */
  shift: z.int().nonnegative(),
  finish: Finish,
  /** What later uses want the build to end with. */
  environmentUrl: z.string().optional(),
  /** The GitHub environment this job deploys to. */
  deployment: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  warnings: z.boolean().optional(),
});
export type Session = z.infer<typeof Session>;

/** The folder in RUNNER_TEMP that the processes of one job share. */
export interface SessionFolder {
  readonly folder: string;
  readonly spool: string;
  readonly bin: string;
  readonly journal: string;
  readonly masks: string;
  readonly log: string;
  readonly processFile: string;
  /** There once somebody asked the build to stop. */
  readonly cancelFile: string;
}

/** @param temp RUNNER_TEMP, which a runner empties around each job */
export function sessionFolder(temp: string): SessionFolder {
  const folder = path.join(temp, 'opsroom-record');
  return {
    folder,
    spool: path.join(folder, 'spool'),
    bin: path.join(folder, 'bin'),
    journal: path.join(folder, 'buffer.opsroom'),
    masks: path.join(folder, 'masks'),
    log: path.join(folder, 'recorder.log'),
    processFile: path.join(folder, 'recorder.pid'),
    cancelFile: path.join(folder, 'cancel'),
  };
}

/** Make the folder, for this user alone. */
export function makeFolder(paths: SessionFolder): void {
  for (const folder of [paths.folder, paths.spool, paths.bin]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  }
}

/** Whether this job records already. */
export function hasSession(paths: SessionFolder): boolean {
  return existsSync(path.join(paths.folder, 'session.json'));
}

/** @throws Error when there is none */
export function readSession(paths: SessionFolder): Session {
  return Session.parse(JSON.parse(readFileSync(path.join(paths.folder, 'session.json'), 'utf8')));
}

/** Write the session, whole or not at all. */
export function writeSession(paths: SessionFolder, session: Session): void {
  const file = path.join(paths.folder, 'session.json');
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(session)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}

/** The build was taken: from now on every process of the job writes under this lease. */
export function keepLease(paths: SessionFolder, lease: Lease, shift: number): void {
  writeSession(paths, { ...readSession(paths), lease, shift });
}

/** Values commands asked to hide so far. */
export function readMasks(paths: SessionFolder): string[] {
  if (!existsSync(paths.masks)) return [];
  return readFileSync(paths.masks, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const value = z.string().safeParse(safeJson(line));
      return value.success ? [value.data] : [];
    });
}

/** Nothing waits any more. */
export function removeFolder(paths: SessionFolder): void {
  rmSync(paths.folder, { recursive: true, force: true });
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
