/**
 * The server's log: a plain file the server appends to, kept small by us.
 */
import { closeSync, copyFileSync, existsSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

const maxBytes = 5 * 1024 * 1024;
const checkEveryMs = 15_000;

/** Appending survives a truncation from outside, so the server never has to reopen its log. */
export function openLog(path: string): number {
  trimLog(path);
  return openSync(path, 'a', 0o600);
}

/** Keeps `path` under about 5 MB, and one older part next to it, until the returned function is called. */
export function keepLogSmall(path: string): () => void {
  const timer = setInterval(() => trimLog(path), checkEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The last lines of the log, for an error message. */
export function lastLines(path: string, count: number): string {
  if (!existsSync(path)) return '';
  const size = statSync(path).size;
  const length = Math.min(size, 16 * 1024);
  const buffer = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    readSync(file, buffer, 0, length, size - length);
  } finally {
    closeSync(file);
  }
  return buffer.toString('utf8').trimEnd().split('\n').slice(-count).join('\n');
}

function trimLog(path: string): void {
  if (!existsSync(path) || statSync(path).size <= maxBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}
