import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The files of an archive, read by somebody else's code. */
export function unzipSync(archive: Buffer): Record<string, string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-zip-'));
  try {
    const file = path.join(folder, 'archive.zip');
    const inside = path.join(folder, 'inside');
    writeFileSync(file, archive);
    execFileSync('python3', ['-m', 'zipfile', '-e', file, inside]);
    return Object.fromEntries(
      readdirSync(inside).map((name) => [name, readFileSync(path.join(inside, name), 'utf8')]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
