import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { type DispatcherOrder, RoundReport } from './chaos-builds-messages.ts';

const program = path.join(import.meta.dirname, 'chaos-builds-dispatcher.ts');

/** Dispatchers that are replaced at once when they die. */
export interface Dispatchers {
  /** Names of those that were killed. */
  readonly killed: () => readonly string[];
  /** Kill one of them with SIGKILL in whatever it does; another takes its place. */
  readonly killOne: () => void;
  /** What all rounds did together, and words of what went wrong in them, each once. */
  readonly totals: () => Readonly<Record<string, number>>;
  readonly failures: () => readonly string[];
  /** Ask all to stop. Returns what went wrong in any of them: exits nobody asked for. */
  readonly stop: () => Promise<readonly string[]>;
}

/** Starts `size` processes that dispatch builds, store what recorders left, and ask GitHub about silent runs, round after round. */
export function startDispatchers(options: {
  readonly size: number;
  readonly order: Omit<DispatcherOrder, 'name'>;
  readonly random: () => number;
}): Dispatchers {
  const crew: ChildProcess[] = [];
  const troubles: string[] = [];
  const totals: Record<string, number> = {};
  const failures = new Set<string>();
  const killed: string[] = [];
  const names = new Map<ChildProcess, string>();
  let started = 0;
  let isStopping = false;

  const hear = (message: unknown): void => {
    const { did = {}, failures: words } = RoundReport.parse(message);
    for (const [name, count] of Object.entries({ rounds: 1, ...did }))
      totals[name] = (totals[name] ?? 0) + count;
    for (const each of words) if (failures.size < 500) failures.add(each);
  };
  const start = (place: number): void => {
    started += 1;
    const name = `dispatcher-${started}`;
    const order = JSON.stringify({ ...options.order, name });
    const child = fork(program, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH: process.env.PATH, CHAOS_ORDER: order },
    });
    crew[place] = child;
    names.set(child, name);
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      words = `${words}${chunk.toString()}`.slice(-2_000);
    });
    child.on('message', hear);
    child.once('exit', (code, signal) => {
      const isAsked = signal === 'SIGKILL' || (isStopping && (code === 0 || signal === 'SIGTERM'));
      if (!isAsked) troubles.push(`a dispatcher ended by itself (${code ?? signal}): ${words}`);
      if (!isStopping) start(place);
    });
  };
  for (let place = 0; place < options.size; place += 1) start(place);

  const isLiving = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;
  return {
    killed: () => killed,
    killOne: () => {
      const living = crew.filter(isLiving);
      const victim = living[Math.floor(options.random() * living.length)];
      if (victim?.kill('SIGKILL') === true) killed.push(names.get(victim) ?? '');
    },
    totals: () => totals,
    failures: () => [...failures],
    stop: async () => {
      isStopping = true;
      await Promise.all(
        crew.filter(isLiving).map(async (child) => {
          const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
          child.kill('SIGTERM');
          await gone;
        }),
      );
      return troubles;
    },
  };
}
