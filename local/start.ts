import path from 'node:path';
import { onClosedPipe } from '../actions/_shared/io/closed-pipe.ts';
import { reportFailure } from '../actions/_shared/io/report-failure.ts';
import { type ControlRoom, openControlRoom } from './control-room.ts';
import { demonstrate } from './demonstrate.ts';
import { parseStartOptions, type StartOptions } from './options.ts';
import { createProgress, type Progress } from './progress.ts';
import { Stopped } from './stopped.ts';
import { printSummary } from './summary.ts';
import { watchRunbooks } from './watch.ts';

const root = path.dirname(import.meta.dirname);

/** A Ctrl-C arrives from the terminal, from npm and from the bootstrap within moments: that is one, not three. */
const sameKeyPressMs = 1000;

/** What ends a start: a person, or the loss of what it stands on. */
interface Ending {
  /** Aborted with the sentence that says why. */
  readonly signal: AbortSignal;
  /** True when nobody asked for it. */
  readonly isLoss: () => boolean;
  readonly lose: (what: string) => void;
}

/** Hears the first Ctrl-C or termination; a second one, later, ends the process at once. */
function listenForEnding(): Ending {
  const controller = new AbortController();
  let lost = false;
  let first = 0;
  const stop = () => {
    if (controller.signal.aborted) {
      if (Date.now() - first > sameKeyPressMs) process.exit(130);
      return;
    }
    first = Date.now();
    controller.abort('Stopping: a step that runs is finished first. Ctrl-C again ends at once.');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  onClosedPipe(stop);
  return {
    signal: controller.signal,
    isLoss: () => lost,
    lose(what) {
      if (controller.signal.aborted) return;
      lost = true;
      controller.abort(`${what} Stopping everything else.`);
    },
  };
}

/** `npm start`: open the control room, prove that a job reaches its outcome, say so, and stay. */
async function start(): Promise<number> {
  const options = parseStartOptions(process.argv.slice(2));
  const ending = listenForEnding();
  const progress = createProgress(process.stdout, ending.signal);
  // The key press leaves `^C` on the row.
  ending.signal.addEventListener('abort', () => progress.line(`\n${String(ending.signal.reason)}`));
  let room: ControlRoom | undefined;
  let code: number;
  try {
    room = await openControlRoom({ root, options, progress, onLost: ending.lose });
    code = await live(room, { options, progress, signal: ending.signal });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    code = 130;
  } finally {
    await room?.close();
  }
  if (ending.signal.aborted) progress.line('Stopped; the data is kept for the next npm start.');
  return ending.isLoss() ? 1 : code;
}

async function live(
  room: ControlRoom,
  { options, progress, signal }: { options: StartOptions; progress: Progress; signal: AbortSignal },
): Promise<number> {
  let ready = false;
  const makeReady = async (): Promise<boolean> => {
    ready = true;
    await room.settle();
    const proof = await demonstrate(room, progress, signal);
    if (signal.aborted) throw new Stopped();
    await printSummary(room, progress, proof);
    return proof?.run.status === 'succeeded';
  };
  const applied = await room.applyDeclarations({ brief: true });
  const everythingTrue = applied && (await makeReady());
  if (options.once) return everythingTrue ? 0 : 1;
  // Files that could not be applied at first are mended while we watch; the rest follows then.
  const onApplied = async () => void (ready || (await makeReady()));
  const watcher = await watchRunbooks(room, progress, onApplied);
  await untilAborted(signal);
  await watcher.close();
  return 0;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

process.exitCode = await start().catch(reportFailure);
