import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { watch } from 'chokidar';
import type { ControlRoom } from './control-room.ts';
import type { Progress } from './progress.ts';

const settle = 150;

export interface RunbookWatcher {
  readonly close: () => Promise<void>;
}

/**
 * Plan again whenever a file of runbooks/, migrations/ or functions/ changes, and ask before applying. One round at a time:
 * changes made while a question is open are planned after the answer.
 */
export async function watchRunbooks(room: ControlRoom, progress: Progress): Promise<RunbookWatcher> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let again = false;

  const confirm = async () => {
    try {
      const answer = await terminal.question('Apply this? [y/N] ', { signal: closing.signal });
      return /^y(?:es)?$/i.test(answer.trim());
    } catch {
      return false;
    }
  };

  const round = async (changed: string) => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      progress.line(`\n${changed} changed`);
      await room.applyDeclarations({ confirm });
    } catch (error) {
      progress.warn(error instanceof Error ? error.message : String(error));
    } finally {
      busy = false;
    }
    if (again && !closing.signal.aborted) {
      again = false;
      await round('Something more');
    }
  };

  const folders = ['runbooks', 'migrations', 'functions'].map((folder) => path.join(room.root, folder));
  const watcher = watch(folders, {
    ignoreInitial: true,
    ignored: (file) => /(?:^|\/)\.|~$|\.sw[px]$/.test(path.basename(file)),
  });
  watcher.on('all', (_event, file) => {
    clearTimeout(timer);
    timer = setTimeout(() => void round(path.relative(room.root, file)), settle);
  });
  // A change made while the folders are still being listed would go unseen.
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  progress.line(
    'Watching runbooks/, migrations/ and functions/: save a file to see its plan. Ctrl-C stops everything; the data is kept.',
  );

  return {
    async close() {
      closing.abort();
      clearTimeout(timer);
      terminal.close();
      await watcher.close();
    },
  };
}
