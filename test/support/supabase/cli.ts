/** The real supabase CLI, pointed at our stand-in of the Management API. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { supabaseCli } from '../../../bench/peers.ts';

/** How a command ended. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project folder and the tool to use on it. */
export interface CliProject {
  readonly root: string;
  readonly write: (file: string, text: string) => void;
  readonly run: (...args: readonly string[]) => Promise<CliResult>;
  readonly remove: () => void;
}

/** What a failed command throws. */
const Failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });

/** Path of the tool, or undefined when it can't be had here. */
export const cliPath = supabaseCli();

/** A fresh project; nothing of the user's own settings reaches the tool. */
export function createCliProject(options: {
  readonly apiUrl: string;
  readonly token: string;
  readonly ref: string;
}): CliProject {
  const root = mkdtempSync(join(tmpdir(), 'opsroom-cli-'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  write(
    'profile.yaml',
    `name: local-standin\napi_url: ${options.apiUrl}\ndashboard_url: ${options.apiUrl}/dashboard\nproject_host: localhost.test\n`,
  );
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    SUPABASE_PROFILE: join(root, 'profile.yaml'),
    SUPABASE_ACCESS_TOKEN: options.token,
    SUPABASE_YES: '1',
    SUPABASE_TELEMETRY_DISABLED: '1',
    SUPABASE_NO_UPDATE_NOTIFIER: '1',
    SUPABASE_NO_KEYRING: '1',
  };
  return {
    root,
    write,
    run: async (...args) => {
      if (cliPath === undefined) throw new Error('the supabase CLI is not installed');
      try {
        const command = [...args, `--remote=${options.ref}`];
        return {
          code: 0,
          ...(await promisify(execFile)(cliPath, command, { cwd: root, env, timeout: 60_000 })),
        };
      } catch (error) {
        return Failed.parse(error);
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
