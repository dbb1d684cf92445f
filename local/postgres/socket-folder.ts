/**
 * Where the server's Unix socket goes: somewhere only its own user (and root) can reach, since it asks no password.
 */

import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';
import type { Place } from './place.ts';

/** Bytes an address may have on every system we run on (104 on macOS, 108 on Linux), less the closing zero. */
const maxAddress = 103;

/** The data folder itself, or a short private folder when its path is too long for a socket address. */
export function chooseSocketFolder(place: Place, port: number): string {
  if (Buffer.byteLength(join(place.data, `.s.PGSQL.${port}`)) <= maxAddress) return place.data;
  const hash = createHash('sha256').update(place.data).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `opsroom-${hash}`);
  const uid = place.user?.uid ?? process.getuid?.();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (found.uid !== uid && found.uid !== process.getuid?.())) {
    throw new ConfigurationError(`${folder} is in the way: it belongs to someone else or is not a folder.`, {
      hint: 'Remove it, or keep the data in a folder with a shorter path.',
    });
  }
  chmodSync(folder, 0o700);
  if (place.user !== null) chownSync(folder, place.user.uid, place.user.gid);
  return folder;
}
