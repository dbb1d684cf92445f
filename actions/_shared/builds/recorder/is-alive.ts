import { readFileSync } from 'node:fs';

/** Whether a process with this number runs. One that has ended and waits to be buried by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return process.platform !== 'linux' || !hasEnded(pid);
}

/**
 * In a container whose first process buries nobody, a process that lost its parent stays a zombie for ever.
 *
 * @see proc_pid_stat(5): the state is the letter behind the name, which stands in parentheses and may hold some
 */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^[ZXx]$/.test(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}
