/** Fetches what functions import from npm, once; afterwards they start without the network. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DenoProgram } from './deno-program.ts';

/** Packages of a whole function over a slow line; started in advance by nobody, so a first call waits for it. */
const LONGEST_FETCH_MS = 180_000;

/** The settings a download needs, and a function must not see. */
const NETWORK = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'DENO_CERT',
  'DENO_AUTH_TOKENS',
  'NPM_CONFIG_REGISTRY',
];

/**
 * Downloads the modules of a main file into Deno's cache.
 *
 * @throws Error with what Deno said
 */
export async function fetchModules(options: {
  readonly deno: DenoProgram;
  readonly denoFolder: string;
  readonly configuration: readonly string[];
  readonly main: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<void> {
  const network = NETWORK.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const registry = process.env.npm_config_registry;
  const env = {
    DENO_TLS_CA_STORE: 'system',
    ...(registry === undefined ? {} : { NPM_CONFIG_REGISTRY: registry }),
    ...Object.fromEntries(network),
    ...options.env,
  };
  const args = ['cache', '--quiet', ...options.configuration, options.main];
  await promisify(execFile)(options.deno.path, args, {
    cwd: options.cwd,
    env,
    timeout: LONGEST_FETCH_MS,
    maxBuffer: 4 * 1024 * 1024,
  });
}
