/** How much a process of ours has used, as the operating system counts. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Processor time of all threads since the start, and memory held now. */
export interface ProcessUsage {
  readonly cpuMs: number;
  readonly residentBytes: number;
}

const hasProc = existsSync('/proc/self/stat');
/** Linux reports times in hundredths of a second on every platform Node runs on, pages of 4 KiB on x64 and arm64. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

/** Null when the process has ended. Cheap on Linux; elsewhere it starts `ps`. */
export async function readUsage(pid: number): Promise<ProcessUsage | null> {
  return hasProc ? readProc(pid) : readPs(pid);
}

function readProc(pid: number): ProcessUsage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; what follows the last bracket is fields.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number);
    return {
      cpuMs: ((user ?? 0) + (system ?? 0)) * TICK_MS,
      residentBytes: (pages ?? 0) * PAGE_BYTES,
    };
  } catch {
    return null;
  }
}

async function readPs(pid: number): Promise<ProcessUsage | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'time=,rss=', '-p', String(pid)]);
    const [time = '', kilobytes = '0'] = stdout.trim().split(/\s+/);
    const seconds = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    return { cpuMs: seconds * 1_000, residentBytes: Number(kilobytes) * 1_024 };
  } catch {
    return null;
  }
}
