/**
 * Where Deno comes from: the platform package npm installed, else `deno` on the PATH.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { ConfigurationError } from '../../../actions/_shared/io/errors.ts';

/** A Deno to run functions with. */
export interface DenoProgram {
  readonly path: string;
  readonly version: string;
}

/** Older ones don't know `export default { fetch }`'s neighbours and npm as the hosted runtime does. */
const OLDEST = [2, 1] as const;
const PackageJson = z.object({ version: z.string() });

/** @throws ConfigurationError when there is none, or only one that is too old. */
export function findDeno(env: NodeJS.ProcessEnv = process.env): DenoProgram {
  const found = installedDeno() ?? denoOnPath(env);
  if (found === null) {
    throw new ConfigurationError('Edge Functions need Deno, and it is not installed.', {
      hint: `Run \`npm install\` without --omit=optional (package ${packageName()}), or put \`deno\` on the PATH.`,
    });
  }
  if (isTooOld(found.version)) {
    throw new ConfigurationError(`Deno ${found.version} at ${found.path} is too old for Edge Functions.`, {
      hint: `Install Deno ${OLDEST.join('.')} or newer; the hosted runtime is compatible with 2.1.`,
    });
  }
  return found;
}

function packageName(): string {
  const { platform, arch } = process;
  return `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`;
}

function installedDeno(): DenoProgram | null {
  try {
    const description = createRequire(import.meta.url).resolve(`${packageName()}/package.json`);
    const path = join(dirname(description), process.platform === 'win32' ? 'deno.exe' : 'deno');
    const { version } = PackageJson.parse(JSON.parse(readFileSync(description, 'utf8')));
    return existsSync(path) ? { path, version } : null;
  } catch {
    return null;
  }
}

function denoOnPath(env: NodeJS.ProcessEnv): DenoProgram | null {
  try {
    const answer = execFileSync('deno', ['--version'], {
      env,
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const version = /^deno (\d+\.\d+\.\d+)/.exec(answer)?.[1];
    return version === undefined ? null : { path: 'deno', version };
  } catch {
    return null;
  }
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
