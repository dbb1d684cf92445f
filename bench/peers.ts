import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'peers');

/** Path of the real supabase CLI, installed on demand; `undefined` when it can't be had here. */
export function supabaseCli(): string | undefined {
  return installed(path.join('.bin', 'supabase'));
}

/** A peer that is a library, installed on demand; `undefined` when it can't be had here. Its shape is for the caller to check. */
export function peerModule(name: string): unknown {
  if (installed(name) === undefined) return undefined;
  return createRequire(path.join(folder, 'package.json'))(name);
}

function installed(name: string): string | undefined {
  const wanted = path.join(folder, 'node_modules', name);
  if (existsSync(wanted)) return wanted;
  process.stderr.write('Installing the peers to measure against (once)...\n');
  const npm = process.env.npm_execpath;
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) spawnSync(process.execPath, [npm, ...args], { cwd: folder, stdio: 'inherit' });
  else spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  return existsSync(wanted) ? wanted : undefined;
}
