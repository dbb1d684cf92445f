import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** Worker processes that are replaced at once when they die. */
export interface Crew {
  readonly kills: () => number;
  /** Kill one of them with SIGKILL, whichever; another takes its place. */
  readonly killOne: () => void;
  /** Ask all to stop. Returns what went wrong in any of them: exits nobody asked for, words on stderr. */
  readonly stop: () => Promise<readonly string[]>;
}

/** Start `size` workers on the database; every third one without prefetch, every second one polling only. */
export function startCrew(options: {
  readonly url: string;
  readonly size: number;
  readonly leaseMs: number;
}): Crew {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-crew-'));
  mkdirSync(path.join(folder, 'runbooks'));
  writeFileSync(
    path.join(folder, 'runbooks', 'environments.yaml'),
    'production:\n  lane: production\n  connection: { env: CHAOS_DATABASE_URL }\n',
  );
  const crew: ChildProcess[] = [];
  const troubles: string[] = [];
  let kills = 0;
  let stopping = false;

  const start = (place: number): void => {
    const child = spawn(process.execPath, [path.join(root, 'actions', 'cli.ts'), ...argumentsOf(place)], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, CHAOS_DATABASE_URL: options.url, CHAOS_EFFECTS_URL: options.url },
    });
    crew[place] = child;
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => {
      words = `${words}${chunk.toString()}`.slice(-2000);
    });
    child.once('exit', (code, signal) => {
      // While the database restarts a new worker finds none and says so; its supervisor starts it again.
      const noDatabase = /No database answers there|connection to the database was lost|starting up/.test(
        words,
      );
      // One that was asked to stop before it listened for signals ends as any process does.
      const asked = signal === 'SIGKILL' || (signal === 'SIGTERM' && stopping);
      if (!asked && code !== 0 && !noDatabase) troubles.push(`exit ${code ?? signal}: ${words}`);
      if (!stopping) setTimeout(() => stopping || start(place), noDatabase ? 300 : 0);
    });
  };
  const argumentsOf = (place: number): string[] => [
    'work',
    '--env',
    'production',
    '--handlers',
    path.join(root, 'bench', 'chaos-queue-jobs'),
    '--lease',
    `${options.leaseMs}ms`,
    '--poll',
    '200ms',
    '--log-level',
    'error',
    ...(place % 3 === 0 ? ['--prefetch', '0'] : []),
    ...(place % 2 === 0 ? ['--no-listen'] : []),
  ];
  for (let place = 0; place < options.size; place += 1) start(place);

  return {
    kills: () => kills,
    killOne: () => {
      const living = crew.filter((child) => child.exitCode === null && child.signalCode === null);
      const victim = living[Math.floor(Math.random() * living.length)];
      if (victim?.kill('SIGKILL') === true) kills += 1;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(
        crew.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill('SIGTERM');
          await once(child, 'exit');
        }),
      );
      rmSync(folder, { recursive: true, force: true });
      return troubles;
    },
  };
}
