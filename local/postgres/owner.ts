/**
 * Which process of ours runs the server of a folder, so that two do not fight over it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';
import { processBirth, runningPostmaster } from './postmaster.ts';

const Owner = z.object({ pid: z.number(), birth: z.string(), port: z.number() });
type Owner = z.infer<typeof Owner>;

/** Says that this process runs the server, on `port`. */
export function writeOwner(home: string, port: number): void {
  const owner: Owner = { pid: process.pid, birth: processBirth(process.pid) ?? '', port };
  writeFileSync(join(home, 'owner.json'), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
}

/** The port of the last run, or null. */
export function rememberedPort(home: string): number | null {
  return readOwner(home)?.port ?? null;
}

/** @throws ConfigurationError when a living process runs the server of `home`. */
export function refuseSecondOwner(home: string): void {
  const owner = readOwner(home);
  if (owner === null || runningPostmaster(join(home, 'data')) === null) return;
  if (processBirth(owner.pid) !== owner.birth) return;
  throw new ConfigurationError(`The database in ${home} is already in use by process ${owner.pid}.`, {
    hint: 'Stop that process first (Ctrl-C in its terminal), or choose another folder.',
  });
}

function readOwner(home: string): Owner | null {
  const path = join(home, 'owner.json');
  if (!existsSync(path)) return null;
  const parsed = Owner.safeParse(parseJson(readFileSync(path, 'utf8')));
  return parsed.success ? parsed.data : null;
}

/** A file cut short by a crash of the machine counts as none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
