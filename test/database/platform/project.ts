/** A project of three functions in a folder of its own, and the Supabase project it is applied to: stand-in, host and all. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import type { Platform } from '../../../actions/_shared/reconcile/platform/platform.ts';
import { createManagementClient } from '../../../actions/_shared/supabase/management-client.ts';
import { deployedFunctions, deployedSecrets } from '../../../local/supabase/management/deployed-functions.ts';
import { type ManagementApi, startManagementApi } from '../../../local/supabase/management/server.ts';
import { startTestHost } from '../../support/supabase/functions-host.ts';

export const ref = 'abcdefghijklmnopqrst';
export const token = `sbp_${'0'.repeat(40)}`;

const ENVIRONMENTS = `testing:
  lane: production
  connection: { env: OPS_TESTING_DATABASE_URL }
  project_ref: ${ref}
`;
const SECRETS = `door_token:
  value: { env: DOOR_TOKEN }
  shape: ^\\S{8,}$
  vault: false
upstream_key:
  value: { env: UPSTREAM_KEY }
  vault: false
`;
const GUARD = `export function guard(request: Request): Response | null {
  return request.headers.get('x-token') === Deno.env.get('DOOR_TOKEN') ? null : new Response('no', { status: 401 });
}
`;

/** A function that lets nobody in without the token. */
export function guarded(word: string): string {
  return `import { guard } from '../_shared/guard.ts';

Deno.serve((request) => guard(request) ?? new Response('${word}'));
`;
}

/** Values for both secrets, to be seen nowhere. */
export const env = { DOOR_TOKEN: 'canary-door-token', UPSTREAM_KEY: 'canary-upstream-key' };

/** A working tree with declarations and sources. */
export interface Project {
  readonly root: string;
  readonly write: (file: string, text: string) => void;
  readonly edit: (file: string, from: string, to: string) => void;
  readonly remove: (file: string) => void;
  /** What the files say now. */
  readonly desired: (environment?: string) => Promise<DesiredState>;
}

/** `alpha` and `beta` share a file; `gamma` stands alone and is guarded by the gateway. */
export function createProject(): Project {
  const root = mkdtempSync(path.join(tmpdir(), 'opsroom-project-'));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  write('runbooks/environments.yaml', ENVIRONMENTS);
  write('runbooks/secrets.yaml', SECRETS);
  write('functions/_shared/guard.ts', GUARD);
  for (const slug of ['alpha', 'beta']) {
    write(
      `runbooks/functions/${slug}.yaml`,
      'verify_jwt: false\nsecrets:\n  DOOR_TOKEN: door_token\n  UPSTREAM_KEY: upstream_key\n',
    );
    write(`functions/${slug}/index.ts`, guarded(`${slug} 1`));
  }
  write('runbooks/functions/gamma.yaml', 'verify_jwt: true\n');
  write('functions/gamma/index.ts', "Deno.serve(() => new Response('gamma 1'));\n");
  return {
    root,
    write,
    edit: (file, from, to) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
      write(file, text.replaceAll(from, to));
    },
    remove: (file) => rmSync(path.join(root, file), { recursive: true }),
    desired: async (environment = 'testing') =>
      (await loadDeclarations({ root, cache: false })).resolve(environment),
  };
}

/** A Supabase project on this machine. */
export interface SupabaseProject {
  readonly api: ManagementApi;
  /** The platform as an apply is given it; retries don't wait. */
  readonly platform: Platform;
  readonly functionsUrl: string;
  /** What was said about progress. */
  readonly progress: string[];
  /** Slugs of successful deployments, in order. */
  readonly deployments: () => readonly string[];
  /** Forgets calls seen so far. */
  readonly forgetCalls: () => void;
  readonly stop: () => Promise<void>;
}

export async function startSupabaseProject(
  options: { readonly limit?: number } = {},
): Promise<SupabaseProject> {
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'opsroom-platform-'));
  const api = await startManagementApi({ stateFolder, ref, limit: options.limit ?? 10_000 });
  api.allow(token);
  const host = await startTestHost({
    source: deployedFunctions(api.store, ref),
    env: () => deployedSecrets(api.store, ref),
  });
  const server = createServer((incoming, outgoing) => void host.host.serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const functionsUrl = `http://127.0.0.1:${address.port}/functions/v1`;
  const progress: string[] = [];
  const sleep = async (): Promise<void> => undefined;
  return {
    api,
    platform: {
      client: createManagementClient({ token, projectRef: ref, apiUrl: api.url, sleep }),
      functionsUrl,
      pause: sleep,
      onProgress: (message) => progress.push(message),
    },
    functionsUrl,
    progress,
    deployments: () =>
      api.calls
        .filter(({ operation, status }) => operation === 'v1-deploy-a-function' && status === 201)
        .map(({ query }) => new URLSearchParams(query).get('slug') ?? ''),
    forgetCalls: () => {
      api.calls.length = 0;
      progress.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await host.stop();
      await api.stop();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}
