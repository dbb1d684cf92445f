import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { processBirth } from './postgres/postmaster.ts';

/** What a running `npm start` tells the commands of the same checkout. Holds a password: mode 0600. */
const RunningInstance = z.object({
  pid: z.int(),
  databaseUrl: z.string(),
  /** The local Supabase project: its address, its Management API and a token for it. */
  supabase: z.object({ projectUrl: z.string(), apiUrl: z.string(), accessToken: z.string() }),
  startedAt: z.string(),
  /** Values of the variables that secrets and functions name; known once the files were read. */
  variables: z.record(z.string(), z.string()).optional(),
});
export type RunningInstance = z.infer<typeof RunningInstance>;

/** The one ignored folder that keeps everything local between runs. */
export interface StateFolder {
  readonly path: string;
  /** Where the cluster keeps its data. */
  readonly postgres: string;
  /** Remove what is kept beside the cluster; only for `--fresh`. */
  readonly wipe: () => void;
  /** Claim the folder for this process; throws ConfigurationError when another `npm start` holds it. */
  readonly claim: () => void;
  readonly publish: (instance: Pick<RunningInstance, 'databaseUrl' | 'supabase'>) => void;
  /** Add what the files' variables are to what is published. */
  readonly publishVariables: (variables: Readonly<Record<string, string>>) => void;
  readonly release: () => void;
  /** Read a JSON file of the folder, or `undefined` when it is not there or not readable as JSON. */
  readonly readJson: (name: string) => unknown;
  /** Write a JSON file only its owner can read. */
  readonly writeJson: (name: string, value: unknown) => void;
}

/** Who holds the lock: its number, and when it started, since numbers come round again (in a container at every start). */
const holderOf = (pid: number) => `${pid} ${processBirth(pid) ?? ''}`;

/** The process that a lock file names, or `undefined` when that one is gone. */
function livingHolder(lock: string): number | undefined {
  const pid = Number.parseInt(lock, 10);
  return Number.isInteger(pid) && pid !== process.pid && lock === holderOf(pid) ? pid : undefined;
}

/** Open (and make, when missing) the state folder of a checkout. */
export function openStateFolder(root: string): StateFolder {
  const folder = path.join(root, '.opsroom');
  const instance = path.join(folder, 'instance.json');
  const lock = path.join(folder, 'lock');
  const make = () => mkdirSync(folder, { recursive: true, mode: 0o711 });
  make();

  const readJson = (name: string): unknown => {
    try {
      return JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    } catch {
      return undefined;
    }
  };

  const writeJson = (name: string, value: unknown) => {
    writeFileSync(path.join(folder, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  };

  /** True when the lock was made now; false when somebody's lock file is already there. */
  const tryLock = (): boolean => {
    try {
      const handle = openSync(lock, 'wx', 0o600);
      writeFileSync(handle, holderOf(process.pid));
      closeSync(handle);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  };

  return {
    path: folder,
    postgres: path.join(folder, 'postgres'),
    wipe() {
      for (const name of ['secrets.json', 'ports.json', 'cache', 'supabase']) {
        rmSync(path.join(folder, name), { recursive: true, force: true });
      }
    },
    claim() {
      if (tryLock()) return;
      const holder = livingHolder(readFileSync(lock, 'utf8'));
      if (holder !== undefined) {
        throw new ConfigurationError(
          `The control room of this folder is already running (process ${holder}).`,
          {
            hint: 'Use that one, or stop it with Ctrl-C first. Another checkout can run beside it.',
          },
        );
      }
      rmSync(lock, { force: true });
      if (!tryLock()) {
        throw new ConfigurationError('Another npm start claimed this folder at the same moment.', {
          hint: 'Try again in a second.',
        });
      }
    },
    publish(told) {
      writeJson('instance.json', {
        pid: process.pid,
        ...told,
        startedAt: new Date().toISOString(),
      } satisfies RunningInstance);
    },
    publishVariables(variables) {
      const published = RunningInstance.safeParse(readJson('instance.json')).data;
      if (published !== undefined) writeJson('instance.json', { ...published, variables });
    },
    release() {
      rmSync(instance, { force: true });
      rmSync(lock, { force: true });
    },
    readJson,
    writeJson,
  };
}
