import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { watch } from 'chokidar';
import { isEditorsOwn } from '../actions/_shared/declare/editors-own.ts';
import { reportFailure } from '../actions/_shared/io/report-failure.ts';
import type { ControlRoom } from './control-room.ts';
import type { Progress } from './progress.ts';

/** Editors write a file in several strokes, and a checkout writes many files: this much silence means done. */
const settle = 150;

export interface RunbookWatcher {
  readonly close: () => Promise<void>;
}

/**
 * Plan again whenever a file of runbooks/, migrations/ or functions/ changes, and ask before applying. One round at a time:
 * a change made while a question is open withdraws the question, and the new plan is printed. `onApplied` is called whenever the
 * database is what the files say.
 */
export async function watchRunbooks(
  room: ControlRoom,
  progress: Progress,
  onApplied: () => Promise<void>,
): Promise<RunbookWatcher> {
  const asking = createQuestions(progress);
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let closed = false;

  const rounds = async () => {
    asking.withdraw();
    if (busy) return;
    busy = true;
    while (changed.size > 0 && !closed) {
      progress.line(`\n${filesInWords([...changed])} changed`);
      changed.clear();
      try {
        const confirm = async () => changed.size === 0 && (await asking.confirm());
        if (await room.applyDeclarations({ confirm })) await onApplied();
      } catch (error) {
        if (!closed) reportFailure(error);
      }
    }
    busy = false;
  };

  const folders = ['runbooks', 'migrations', 'functions'].map((folder) => path.join(room.root, folder));
  const watcher = watch(folders, {
    ignoreInitial: true,
    ignored: (file) => path.basename(file).startsWith('.') || isEditorsOwn(path.basename(file)),
  });
  watcher.on('all', (_event, file) => {
    changed.add(path.relative(room.root, file));
    clearTimeout(timer);
    timer = setTimeout(() => void rounds(), settle);
  });
  // A change made while the folders are still being listed would go unseen.
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  progress.line(
    'Watching runbooks/, migrations/ and functions/: save a file to see its plan. Ctrl-C stops everything; the data is kept.',
  );

  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      asking.close();
      await watcher.close();
    },
  };
}

interface Questions {
  /** True for a yes. A no, a withdrawn question and the end of the input say what they mean. */
  readonly confirm: () => Promise<boolean>;
  /** The open question, if there is one, is not asked any more. */
  readonly withdraw: () => void;
  readonly close: () => void;
}

function createQuestions(progress: Progress): Questions {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  let open: AbortController | undefined;
  let ended = false;
  let closed = false;
  terminal.once('close', () => {
    ended = true;
    open?.abort();
  });
  const nobody =
    'Nobody can answer here, so nothing was changed. To apply it: npm run opsroom -- apply --env local --yes';

  return {
    async confirm() {
      if (ended) {
        if (!closed) progress.line(nobody);
        return false;
      }
      open = new AbortController();
      try {
        const answer = await terminal.question('Apply this? [y/N] ', { signal: open.signal });
        if (/^y(?:es)?$/i.test(answer.trim())) return true;
        progress.line('Nothing was changed.');
      } catch {
        if (!closed) progress.line(ended ? `\n${nobody}` : '');
      } finally {
        open = undefined;
      }
      return false;
    },
    withdraw: () => open?.abort(),
    close() {
      closed = true;
      terminal.close();
    },
  };
}

function filesInWords(files: readonly string[]): string {
  const [first = '', second, ...rest] = files;
  if (second === undefined) return first;
  return rest.length === 0 ? `${first} and ${second}` : `${first} and ${rest.length + 1} more files`;
}
