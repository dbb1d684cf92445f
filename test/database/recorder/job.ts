/** The processes of a job that records, without a runner: the background process, and commands that go through opsroom-log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lease } from '../../../actions/_shared/builds/recorder/channel.ts';
import { CHANNEL_VARIABLES } from '../../../actions/_shared/builds/recorder/open-channel.ts';
import {
  makeFolder,
  type Session,
  type SessionFolder,
  sessionFolder,
  writeSession,
} from '../../../actions/_shared/builds/recorder/session.ts';
import {
  FOLDER_VARIABLE,
  ROLE_VARIABLE,
  RUNNER_VARIABLE,
  writeLogProgram,
} from '../../../actions/_shared/builds/recorder/start-recording.ts';
import { request, scratchFolder } from './story.ts';

const main = path.resolve(import.meta.dirname, '../../../actions/record-build/main.ts');

export interface RecordedJob {
  readonly paths: SessionFolder;
  /** Start the background process, as the action does. */
  readonly record: () => ChildProcess;
  /** Run a shell line through opsroom-log; resolves with its exit code and output. */
  readonly step: (
    line: string,
    env?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly code: number; readonly out: string }>;
}

/** @param lease left out: the build is taken by the background process */
export function openJob(url: string, lease?: Lease, session: Partial<Session> = {}): RecordedJob {
  const temp = scratchFolder();
  const paths = sessionFolder(temp);
  makeFolder(paths);
  writeSession(paths, {
    request,
    finish: 'always',
    shift: 0,
    ...(lease === undefined ? {} : { lease }),
    ...session,
  });
  const program = path.join(temp, 'program', 'index.ts');
  mkdirSync(path.dirname(program));
  writeFileSync(program, `import { run } from ${JSON.stringify(main)};\n\nawait run();\n`);
  writeLogProgram(paths, program);
  const environment = { PATH: process.env.PATH ?? '', HOME: temp, RUNNER_TEMP: temp };
  return {
    paths,
    record: () =>
      spawn(process.execPath, [program], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          ...environment,
          [ROLE_VARIABLE]: 'recorder',
          [FOLDER_VARIABLE]: paths.folder,
          [RUNNER_VARIABLE]: String(process.pid),
          [CHANNEL_VARIABLES.databaseUrl]: url,
        },
      }),
    step: async (line, env = {}) => {
      const child = spawn(path.join(paths.bin, 'opsroom-log'), ['bash', '-c', line], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...environment, GITHUB_ACTION: 'a_step', ...env },
      });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
      const [code] = await once(child, 'close');
      return { code: Number(code), out };
    },
  };
}

/** SIGKILL, and wait until it is gone. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
