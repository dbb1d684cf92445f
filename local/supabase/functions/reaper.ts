/** Makes sure that no function outlives us, however suddenly we die. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Watches processes that lead a group of their own. */
export interface Reaper {
  readonly watch: (pid: number) => void;
  /** Called when the process has ended: its number may soon be someone else's. */
  readonly forget: (pid: number) => void;
  readonly stop: () => void;
}

/**
 * A shell at the other end of a pipe that only we hold open. It keeps the list of what runs; when the pipe closes, it kills
 * what is left. A function caught in an endless loop reads no pipe of its own, so somebody else has to.
 */
export function startReaper(): Reaper {
  let shell: ChildProcess | null = null;
  const tell = (line: string): void => {
    shell ??= startShell();
    shell.stdin?.write(`${line}\n`);
  };
  return {
    watch: (pid) => tell(`+ ${pid}`),
    forget: (pid) => tell(`- ${pid}`),
    stop: () => {
      shell?.stdin?.end();
      shell = null;
    },
  };
}

const SCRIPT = `
  pids=' '
  while read -r what pid; do
    case "$pids" in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }";; esac
    [ "$what" = + ] && pids="$pids$pid "
  done
  for pid in $pids; do kill -s KILL -- "-$pid"; done`;

function startShell(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: Ctrl-C in the terminal must not end it before us.
    detached: true,
  });
  shell.unref();
  shell.on('error', () => undefined);
  shell.stdin?.on('error', () => undefined);
  return shell;
}
