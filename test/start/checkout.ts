import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeCluster } from '../../local/postgres/cluster.ts';

const source = path.resolve(import.meta.dirname, '..', '..');

/** A copy of this checkout as a clone would have it, sharing the installed dependencies. */
export interface Checkout {
  readonly root: string;
  readonly file: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/** Copy every file git knows or would know into a folder only we can enter, as a careful user's home is. */
export function makeCheckout(): Checkout {
  const parent = mkdtempSync(path.join(tmpdir(), 'opsroom-checkout-'));
  const root = path.join(parent, 'clone');
  mkdirSync(root, { mode: 0o700 });
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: source,
    encoding: 'utf8',
  });
  const wanted = files.split('\0').filter((name) => name !== '' && !name.startsWith('test/'));
  // A file that was deleted and not yet committed is still on git's list.
  for (const file of wanted.filter((name) => existsSync(path.join(source, name)))) {
    cpSync(path.join(source, file), path.join(root, file), { recursive: true });
  }
  symlinkSync(path.join(source, 'node_modules'), path.join(root, 'node_modules'));
  return {
    root,
    file: (name) => path.join(root, name),
    async remove() {
      // The database of a folder that other users cannot enter lives elsewhere.
      await removeCluster(path.join(root, '.opsroom', 'postgres'));
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** A started command: its output so far, a way to wait for words, and its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly waitFor: (words: RegExp, timeoutMs?: number) => Promise<void>;
  readonly exit: Promise<number>;
}

/** Run an npm script's door in a checkout, as `npm run` does. */
export function runScript(
  checkout: Checkout,
  args: readonly string[],
  env: Record<string, string> = {},
): Running {
  const child = spawn(process.execPath, ['local/bootstrap.mjs', ...args], {
    cwd: checkout.root,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const exit = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  return {
    child,
    output: () => text,
    exit,
    async waitFor(words, timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs;
      while (!words.test(text)) {
        if (Date.now() > deadline)
          throw new Error(`waited ${timeoutMs} ms for ${words}; output so far:\n${text}`);
        if (child.exitCode !== null)
          throw new Error(`ended with ${child.exitCode} before ${words}:\n${text}`);
        await sleep(50);
      }
    },
  };
}

/** Nothing of the test runner's own environment, and a home of its own, as on a fresh machine. */
function cleanEnvironment(): Record<string, string> {
  const { PATH = '', LANG = 'C.UTF-8', TMPDIR } = process.env;
  return {
    PATH,
    LANG,
    HOME: mkdtempSync(path.join(tmpdir(), 'opsroom-home-')),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
  };
}

/** Command lines of all processes, as `ps` shows them to every user of the machine. */
export function processList(): string {
  return execFileSync('ps', ['-eo', 'pid,args', '-ww'], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
}
