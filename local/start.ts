import path from 'node:path';
import { onClosedPipe } from '../actions/_shared/io/closed-pipe.ts';
import { reportFailure } from '../actions/_shared/io/report-failure.ts';
import { openControlRoom } from './control-room.ts';
import { demonstrate } from './demonstrate.ts';
import { parseStartOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { printSummary } from './summary.ts';
import { watchRunbooks } from './watch.ts';

const root = path.dirname(import.meta.dirname);

/** A Ctrl-C arrives from the terminal, from npm and from the bootstrap within moments: that is one, not three. */
const sameKeyPressMs = 1000;

/** Resolves at the first Ctrl-C or termination; a second one, later, ends the process at once. */
function untilStopped(): { readonly signal: AbortSignal; readonly stopped: Promise<void> } {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    let first = 0;
    const stop = () => {
      if (controller.signal.aborted) {
        if (Date.now() - first > sameKeyPressMs) process.exit(130);
        return;
      }
      first = Date.now();
      controller.abort();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    onClosedPipe(stop);
  });
  return { signal: controller.signal, stopped };
}

/** `npm start`: open the control room, prove that a job reaches its outcome, say so, and stay. */
async function start(): Promise<number> {
  const options = parseStartOptions(process.argv.slice(2));
  const progress = createProgress(process.stdout);
  const { signal, stopped } = untilStopped();
  const room = await openControlRoom({ root, options, progress, signal });
  try {
    const applied = await room.applyDeclarations({ brief: true });
    if (applied) await room.settle();
    const proof = applied ? await demonstrate(room, progress) : undefined;
    await printSummary(room, progress, proof);
    const everythingTrue = applied && proof?.run.status === 'succeeded';
    if (options.once || signal.aborted) return everythingTrue ? 0 : 1;
    const watcher = await watchRunbooks(room, progress);
    await stopped;
    await watcher.close();
    return 0;
  } finally {
    await room.close();
  }
}

process.exitCode = await start().catch(reportFailure);
