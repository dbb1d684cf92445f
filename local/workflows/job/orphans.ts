import { readdirSync, readFileSync } from 'node:fs';

/** Ends every process that carries the mark of a job and outlived its steps, as GitHub's runner does. @returns how many */
export function endOrphans(trackingId: string): number {
  if (process.platform !== 'linux') return 0;
  const mark = `RUNNER_TRACKING_ID=${trackingId}`;
  const left = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).split('\0').includes(mark));
  for (const pid of left) end(Number(pid));
  return left.length;
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    // Gone meanwhile, or somebody else's.
    return '';
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}
