/**
 * Makes `actions/dist`, the one generated bundle behind every action and the command line: tsc turns TypeScript into
 * JavaScript, ncc bundles that with its dependencies. What is imported lazily stays a chunk of its own, so that a run
 * parses only what it needs. Same sources, same bytes, whoever builds.
 *
 *     node local/build.ts [FOLDER]     FOLDER is actions/dist when left out
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Builds the bundle into a folder, replacing what was there.
 *
 * @throws Error with the tool's own words when a source does not compile
 */
export function buildBundle(target: string): void {
  const work = path.join(root, 'build');
  mkdirSync(work, { recursive: true });
  const scratch = mkdtempSync(path.join(work, 'bundle-'));
  try {
    compile(scratch);
    bundle(scratch);
    rmSync(target, { recursive: true, force: true });
    cpSync(path.join(scratch, 'dist'), target, { recursive: true });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** ncc's own TypeScript support does not know TypeScript 7, so it gets JavaScript. */
function compile(scratch: string): void {
  const config = path.join(scratch, 'tsconfig.json');
  const settings = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: { noEmit: false, outDir: 'js', rootDir: root, rewriteRelativeImportExtensions: true },
    files: [path.join(root, 'actions/entries.ts')],
    include: [],
  };
  writeFileSync(config, JSON.stringify(settings));
  run('typescript/bin/tsc', ['-p', config]);
  writeFileSync(path.join(scratch, 'js', 'package.json'), '{ "type": "module" }\n');
}

function bundle(scratch: string): void {
  const entry = path.join(scratch, 'js', 'actions', 'entries.js');
  const dist = path.join(scratch, 'dist');
  // Names of modules and chunks come from paths relative to the working folder: there, and they are the same every time.
  const external = HTTP_CLIENT.flatMap((name) => ['--external', name]);
  const args = [
    'build',
    entry,
    '--out',
    dist,
    ...external,
    '--license',
    'licenses.txt',
    '--no-cache',
    '--quiet',
  ];
  run('@vercel/ncc/dist/ncc/cli.js', args, scratch);
  const parser = path.join(dist, 'libpg-query.wasm');
  copyFileSync(path.join(root, 'node_modules/libpg-query/wasm/libpg-query.wasm'), parser);
  chmodSync(parser, 0o644);
  const digest = digestOf(dist);
  for (const name of readdirSync(dist).filter((each) => each.endsWith('.js'))) {
    const file = path.join(dist, name);
    const text = withLazyProcesses(withoutHttpClient(withOwnFolder(readFileSync(file, 'utf8'))));
    writeFileSync(file, withoutBlanks(withDigest(text, digest)));
  }
}

/** Of all files of a folder, names and contents. */
function digestOf(folder: string): string {
  const digest = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    const content = readFileSync(path.join(folder, name));
    digest.update(`${name} ${content.length}\n`).update(content);
  }
  return digest.digest('base64url');
}

/** What is kept between starts is valid for one bundle only, which so need not look at its own files to know itself. */
function withDigest(text: string, digest: string): string {
  return text.replaceAll('%digest of the bundle%', digest);
}

/**
 * libpg-query is CommonJS that reads its WebAssembly beside itself by `__dirname`, which modules do not have. So the
 * WebAssembly goes into the bundle, and the chunk that asks for `__dirname` gets it from its own address.
 */
function withOwnFolder(text: string): string {
  if (!/\b__dirname\b/.test(text)) return text;
  return `const __dirname = import.meta.dirname, __filename = import.meta.filename;\n${text}`;
}

const HTTP_CLIENT = ['@actions/http-client', '@actions/http-client/lib/auth'];

/**
 * The toolkit of Actions brings a whole HTTP client for tokens we never ask for: a third of the bundle, and 90 ms at the
 * start of every action. This stands in for it, and says so should anybody ever ask.
 */
const NO_HTTP_CLIENT = `{
  HttpClient: class {
    constructor() {
      throw new Error('This bundle has no HTTP client for OIDC tokens; local/build.ts leaves it out.');
    }
  },
  BearerCredentialHandler: class {},
}`;

function withoutHttpClient(text: string): string {
  return HTTP_CLIENT.reduce(
    (kept, name) =>
      kept.replace(
        new RegExp(String.raw`import \* as (\w+) from "${name}";`),
        (_all, local: string) => `const ${local} = ${NO_HTTP_CLIENT};`,
      ),
    text,
  );
}

/**
 * The parser of command lines imports `node:child_process` for commands that are programs of their own, which we have
 * none of, and it takes a millisecond to load. So it is loaded where a module of it is used, not where it is imported.
 */
function withLazyProcesses(text: string): string {
  const imported =
    /\b(?:const|var) (external_(?:node_)?child_process_\w*) = (__(?:webpack|nccwpck)_require__\(\d+\));/g;
  return [...text.matchAll(imported)].reduce(
    (kept, [statement, name, load]) => kept.replace(statement, '').replaceAll(`${name}.`, `${load}.`),
    text,
  );
}

/**
 * Comments and blanks are two thirds of what Node has to read at every start. Names stay, so that a stack still tells
 * something; licences are in licenses.txt.
 */
function withoutBlanks(text: string): string {
  const { code } = transformSync(text, {
    minifyWhitespace: true,
    minifySyntax: true,
    format: 'esm',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
  });
  return code;
}

function run(tool: string, args: readonly string[], cwd = root): void {
  const result = spawnSync(process.execPath, [path.join(root, 'node_modules', tool), ...args], {
    cwd,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`${tool} failed:\n${result.stdout}${result.stderr}`);
}

if (import.meta.main) {
  const [, , target = path.join(root, 'actions', 'dist')] = process.argv;
  const started = performance.now();
  buildBundle(path.resolve(target));
  process.stdout.write(
    `Built ${path.relative(process.cwd(), target) || target} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
}
