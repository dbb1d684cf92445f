// The door every npm script goes through. It runs on whatever Node the machine has (20 or newer), installs what
// the lockfile names when that has not happened yet, and hands over to Node 24, which npm brought along.
// Plain JavaScript without dependencies, because nothing is installed when it starts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stamp = path.join(root, 'node_modules', '.opsroom-installed');

/** Each command: the steps it runs, in order, under Node 24. The first that fails ends it. */
const commands = {
  start: (args) => [['local/start.ts', ...args]],
  opsroom: (args) => [['actions/cli.ts', ...args]],
  test: (args) => [['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', ...args]],
  bench: (args) => [['bench/run.ts', ...args]],
  build: (args) => [['actions/_shared/declare/json-schemas.ts'], ['local/build.ts', ...args]],
  check: () => [
    ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'],
    ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  ],
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

/** Install once per lockfile. Install scripts stay off (.npmrc): nothing we need has one. */
async function installDependencies() {
  const digest = lockDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  process.stderr.write('Installing dependencies from package-lock.json (once, about half a minute)...\n');
  const started = Date.now();
  const npm = process.env.npm_execpath;
  const arguments_ = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const child = npm?.endsWith('.js')
    ? spawn(process.execPath, [npm, ...arguments_], options)
    : spawn('npm', arguments_, options);
  // Asked politely, npm ends ten seconds later; what it leaves is thrown away by the next installation.
  const ending = await ended(child, () => child.kill('SIGKILL'));
  if (ending.stopped) {
    process.stderr.write(
      'Stopped while installing. The same command begins it anew: nothing is half done.\n',
    );
    process.exit(130);
  }
  if (ending.code !== 0) {
    fail(
      ending.error?.code === 'ENOENT'
        ? 'npm was not found on the PATH. Install Node.js 20 or newer with npm and try again.'
        : 'npm ci failed; its message is above. Mend it and run the same command again: nothing is half done.',
    );
  }
  writeFileSync(stamp, digest);
  process.stderr.write(`Dependencies installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
}

/**
 * Wait for a child, passing on what asks us to stop, so that it never outlives us. A Ctrl-C reaches the child twice then,
 * from the terminal and from here; ours takes both for one.
 */
function ended(child, stop = (signal) => child.kill(signal)) {
  return new Promise((resolve) => {
    let stopped = false;
    const pass = (signal) => {
      stopped = true;
      stop(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    const done = (ending) => {
      for (const each of signals) process.off(each, pass);
      resolve({ stopped, ...ending });
    };
    child.on('error', (error) => done({ error }));
    child.on('exit', (code, signal) => done({ code, signal }));
  });
}

/** Node 24 from node_modules; where npm has none for this platform, the running Node if it is new enough. */
function findNode() {
  const bundled = path.join(root, 'node_modules', '.bin', 'node');
  if (existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    `Node 24 is needed and npm has none for ${process.platform}-${process.arch}; this is Node ${process.versions.node}. ` +
      'Install Node 24 and run the same command again.',
  );
}

async function run(node, step) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...step], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  const { code, signal, error } = await ended(child);
  if (error !== undefined) fail(`Could not start ${node}: ${error.message}`);
  return signal === null ? (code ?? 1) : signal === 'SIGINT' ? 130 : 143;
}

const [command, ...args] = process.argv.slice(2);
const steps = commands[command ?? '']?.(args);
if (steps === undefined) fail(`Unknown command ${command}. Known: ${Object.keys(commands).join(', ')}.`);
await installDependencies();
const node = findNode();
for (const step of steps) {
  const code = await run(node, step);
  if (code !== 0) process.exit(code);
}
