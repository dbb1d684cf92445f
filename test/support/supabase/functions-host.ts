/** A functions host for tests: real Deno processes, a state folder of its own, one cache of packages for all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DenoProgram, findDeno } from '../../../local/supabase/functions/deno-program.ts';
import { folderFunctions } from '../../../local/supabase/functions/folder-functions.ts';
import type { FunctionSettings, FunctionSource } from '../../../local/supabase/functions/function-source.ts';
import { createFunctionsHost, type FunctionsHost } from '../../../local/supabase/functions/host.ts';
import type { FunctionLimits } from '../../../local/supabase/functions/limits.ts';
import { type ProjectKeys, projectKeys } from '../../../local/supabase/keys.ts';

/** Deno, or null when it can't be had here. */
export const deno: DenoProgram | null = findDenoOrNull();

/** The functions tests share. */
export const fixtures = join(import.meta.dirname, '../../fixtures/functions');

/** Survives the run: packages are fetched once a machine. */
export const denoFolder = join(tmpdir(), 'opsroom-deno-cache');

/** A host and what it was made with. */
export interface TestHost {
  readonly host: FunctionsHost;
  readonly keys: ProjectKeys;
  /** Status, parsed or plain body, and headers of a call. */
  readonly call: (path: string, init?: RequestInit) => Promise<TestAnswer>;
  readonly stop: () => Promise<void>;
}

/** An answer that was read to its end. */
export interface TestAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** The body as JSON; throws when it is none. */
  readonly json: () => Record<string, unknown>;
}

function findDenoOrNull(): DenoProgram | null {
  try {
    return findDeno();
  } catch {
    return null;
  }
}

/** Starts a host over a folder of functions, or over another source. */
export async function startTestHost(
  options: {
    readonly folder?: string;
    readonly source?: FunctionSource;
    readonly settings?: (slug: string) => FunctionSettings;
    readonly limits?: Partial<FunctionLimits>;
    readonly env?: () => Readonly<Record<string, string>>;
    readonly databaseUrl?: string;
  } = {},
): Promise<TestHost> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-functions-'));
  const keys = await projectKeys(stateFolder);
  const { settings = () => ({ verifyJwt: false }), folder = fixtures } = options;
  const host = createFunctionsHost({
    source: options.source ?? (await folderFunctions({ folder, settings })),
    stateFolder,
    keys,
    project: () => ({
      ref: 'abcdefghijklmnopqrst',
      url: 'http://127.0.0.1:54321',
      databaseUrl: options.databaseUrl ?? null,
    }),
    denoFolder,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  return {
    host,
    keys,
    call: async (path, init) => {
      const response = await host.handle(new Request(`http://127.0.0.1:54321/functions/v1${path}`, init));
      const text = await response.text();
      return { status: response.status, text, headers: response.headers, json: () => JSON.parse(text) };
    },
    stop: async () => {
      await host.stop();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}
