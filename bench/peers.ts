import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'peers');

/** Path of the real supabase CLI, installed on demand; `undefined` when it can't be had here. */
export function supabaseCli(): string | undefined {
  const binary = path.join(folder, 'node_modules', '.bin', 'supabase');
  if (existsSync(binary)) return binary;
  process.stderr.write('Installing the peers to measure against (once)...\n');
  const npm = process.env.npm_execpath;
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) spawnSync(process.execPath, [npm, ...args], { cwd: folder, stdio: 'inherit' });
  else spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  return existsSync(binary) ? binary : undefined;
}
