// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source code
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentDigest, hashFunction } from '../../../actions/_shared/supabase/function-digest.ts';
import {
  type FunctionGraph,
  type FunctionSource,
  graphReader,
  LARGEST_FUNCTION_BYTES,
  readFunctionGraph,
} from '../../../actions/_shared/supabase/function-graph.ts';
import { openSourceFolder, type SourceFolder } from '../../../actions/_shared/supabase/source-folder.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'opsroom-graph-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

function graph(source: Partial<FunctionSource> = {}): FunctionGraph {
  const declared = { slug: 'a', entrypoint: 'functions/a/index.ts', importMap: null, staticPatterns: [] };
  return readFunctionGraph({ ...declared, ...source }, openSourceFolder(root));
}

function paths(read: FunctionGraph): string[] {
  return read.files.map(({ path }) => path);
}

function problems(read: FunctionGraph): string[] {
  return read.diagnostics.map(
    ({ severity, code, location }) =>
      `${severity} ${code} ${location.file}:${location.line}:${location.column}`,
  );
}

describe('readFunctionGraph', () => {
  it('follows imports through files, types and data, and stops at cycles', () => {
    write({
      'functions/a/index.ts':
        "import './b.ts';\nimport type { T } from './types.ts';\nimport d from './d.json';\n",
      'functions/a/b.ts': "import '../_shared/c.ts';\nimport './index.ts';\n",
      'functions/a/types.ts': 'export type T = 1;\n',
      'functions/a/d.json': '{ "note": "import \'./not-there.ts\'" }\n',
      'functions/_shared/c.ts': "import '../a/b.ts';\n",
      'functions/a/unused.ts': '',
    });
    const read = graph();

    expect(read.diagnostics).toEqual([]);
    expect(paths(read)).toEqual([
      'functions/a/index.ts',
      'functions/a/d.json',
      'functions/a/types.ts',
      'functions/a/b.ts',
      'functions/_shared/c.ts',
    ]);
  });

  it('says where an import leads nowhere', () => {
    write({
      'functions/a/index.ts': "import './b.ts';\n",
      'functions/a/b.ts': "\n  import { x } from './gone.ts';\n",
    });
    const [problem] = graph().diagnostics;

    expect(problem).toMatchObject({
      severity: 'error',
      code: 'import-missing',
      message: 'functions/a/gone.ts is not there',
      location: { file: 'functions/a/b.ts', line: 2, column: 21, endColumn: 32 },
    });
  });

  it('says what is neither a path nor known, and knows what Deno knows', () => {
    write({
      'functions/a/deno.json': '{ "imports": { "zod": "npm:zod@4" } }',
      'functions/a/index.ts':
        "import 'zod';\nimport 'zod/mini';\nimport 'npm:x';\nimport 'node:fs';\nimport 'https://x.y/z.ts';\nimport 'lodash';\n",
    });

    expect(problems(graph({ importMap: 'functions/a/deno.json' }))).toEqual([
      'error import-unmapped functions/a/index.ts:6:8',
    ]);
    write({ 'functions/a/package.json': '{ "dependencies": { "lodash": "4" } }' });
    expect(problems(graph({ importMap: 'functions/a/deno.json' }))).toEqual([]);
  });

  it('warns of what is computed while the function runs', () => {
    write({ 'functions/a/index.ts': 'await import(`./${name}.ts`);\n' });

    expect(problems(graph())).toEqual(['warning import-computed functions/a/index.ts:1:14']);
  });

  it('follows the import map: comments, folders, scopes, and the map it refers to', () => {
    write({
      'functions/a/deno.jsonc': '{ /* see */ "importMap": "./maps/import_map.json", }',
      'functions/a/maps/import_map.json':
        '{ "imports": { "@/": "../lib/", "one": "../lib/one.ts" }, "scopes": { "../lib/": { "one": "../other.ts" } } }',
      'functions/a/index.ts': "import 'one';\nimport '@/two.ts';\n",
      'functions/a/lib/one.ts': '',
      'functions/a/lib/two.ts': "import 'one';\n",
      'functions/a/lib/never-imported.ts': '',
      'functions/a/other.ts': '',
    });
    const read = graph({ importMap: 'functions/a/deno.jsonc' });

    expect(read.diagnostics).toEqual([]);
    expect(paths(read)).toEqual([
      'functions/a/deno.jsonc',
      'functions/a/maps/import_map.json',
      'functions/a/index.ts',
      'functions/a/lib/two.ts',
      'functions/a/other.ts',
      'functions/a/lib/one.ts',
      'functions/a/lib/never-imported.ts',
    ]);
  });

  it('says what is wrong with an import map', () => {
    write({ 'functions/a/index.ts': '', 'functions/a/deno.json': '{ "imports": ' });
    expect(problems(graph({ importMap: 'functions/a/deno.json' }))).toEqual([
      'error import-map-unreadable functions/a/deno.json:1:1',
    ]);
    write({ 'functions/a/deno.json': '{ "imports": { "x": 1 } }' });
    expect(problems(graph({ importMap: 'functions/a/deno.json' }))).toEqual([
      'error import-map-unreadable functions/a/deno.json:1:1',
    ]);
    write({ 'functions/a/deno.json': '{ "importMap": "deno.json" }' });
    expect(problems(graph({ importMap: 'functions/a/deno.json' }))).toEqual([
      'error import-map-cycle functions/a/deno.json:1:1',
    ]);
  });

  it('never leaves the project, whatever a path or a link says', () => {
    const outside = mkdtempSync(join(tmpdir(), 'opsroom-outside-'));
    writeFileSync(join(outside, 'secret.ts'), 'export const secret = 1;\n');
    write({
      'functions/a/index.ts': `import './link.ts';\nimport '${'../'.repeat(3)}x.ts';\nimport '/etc/hostname.ts';\n`,
    });
    symlinkSync(join(outside, 'secret.ts'), join(root, 'functions/a/link.ts'));
    const read = graph();
    rmSync(outside, { recursive: true });

    expect(paths(read)).toEqual(['functions/a/index.ts']);
    expect(problems(read).map((problem) => problem.split(' ')[1])).toEqual([
      'import-outside',
      'import-outside',
      'import-outside',
    ]);
  });

  it('takes a file once although it is reached on two ways', () => {
    write({ 'functions/a/index.ts': "import './b.ts';\nimport './link.ts';\n", 'functions/a/b.ts': '' });
    symlinkSync('b.ts', join(root, 'functions/a/link.ts'));

    expect(paths(graph())).toHaveLength(2);
  });

  it('adds static files, and warns of patterns nothing fits', () => {
    write({
      'functions/a/index.ts': '',
      'functions/a/pages/one.html': '1',
      'functions/a/pages/deep/two.html': '2',
      'functions/a/pages/three.txt': '3',
    });

    expect(paths(graph({ staticPatterns: ['functions/a/pages/*.html'] }))).toEqual([
      'functions/a/pages/one.html',
      'functions/a/index.ts',
    ]);
    expect(paths(graph({ staticPatterns: ['functions/a/**.html'] }))).toHaveLength(3);
    expect(
      paths(graph({ staticPatterns: ['functions/a/pages/[!t]*', 'functions/a/pages/t?ree.txt'] })),
    ).toHaveLength(3);
    const declaredAt = { file: 'runbooks/functions/a.yaml', line: 4, column: 3 };
    expect(problems(graph({ staticPatterns: ['functions/a/*.png'], declaredAt }))).toEqual([
      'warning static-files-missing runbooks/functions/a.yaml:4:3',
    ]);
  });

  it('says that a function is too large', () => {
    write({ 'functions/a/index.ts': `//${'x'.repeat(LARGEST_FUNCTION_BYTES)}` });

    expect(problems(graph())).toEqual(['error function-too-large functions/a/index.ts:1:1']);
  });

  it('says that the entry is missing where the function is declared', () => {
    const declaredAt = { file: 'runbooks/functions/a.yaml', line: 2, column: 8 };

    expect(problems(graph({ declaredAt }))).toEqual(['error import-missing runbooks/functions/a.yaml:2:8']);
  });
});

describe('graphReader', () => {
  /** The folder, and how often each path of it was looked at. */
  function counted(): { readonly folder: SourceFolder; readonly looks: Map<string, number> } {
    const folder = openSourceFolder(root);
    const looks = new Map<string, number>();
    const find = (file: string) => {
      looks.set(file, (looks.get(file) ?? 0) + 1);
      return folder.find(file);
    };
    return { folder: { ...folder, find }, looks };
  }

  it('reads what functions share once, and says of each what readFunctionGraph says of it alone', () => {
    write({
      'functions/a/index.ts': "import '../_shared/c.ts';\nimport 'zod';\nimport './own.ts';\n",
      'functions/a/own.ts': '',
      'functions/a/deno.json': '{ "imports": { "zod": "npm:zod@4", "yaml": "npm:yaml@2" } }',
      'functions/b/index.ts': "import '../_shared/c.ts';\nimport 'zod';\n",
      'functions/b/deno.json': '{ "imports": { "zod": "npm:zod@4", "yaml": "npm:yaml@2" } }',
      'functions/c/index.ts': "import '../_shared/c.ts';\nimport 'zod';\n",
      'functions/c/deno.json': '{ "imports": { "zod": "../_shared/zod.ts" } }',
      'functions/_shared/c.ts': "import 'yaml';\nimport './gone.ts';\n",
      'functions/_shared/zod.ts': '',
    });
    const sources = ['a', 'b', 'c'].map(
      (slug): FunctionSource => ({
        slug,
        entrypoint: `functions/${slug}/index.ts`,
        importMap: `functions/${slug}/deno.json`,
        staticPatterns: [],
      }),
    );
    const { folder, looks } = counted();
    const remembered = new Map<string, number>();
    const read = graphReader(folder, {
      find: () => undefined,
      keep: (file) => void remembered.set(file, (remembered.get(file) ?? 0) + 1),
    });
    const together = sources.map(read);

    expect(together).toEqual(sources.map((source) => readFunctionGraph(source, folder)));
    expect(together.map((each) => problems(each).join(', '))).toEqual([
      'error import-missing functions/_shared/c.ts:2:8',
      'error import-missing functions/_shared/c.ts:2:8',
      'error import-unmapped functions/_shared/c.ts:1:8, error import-missing functions/_shared/c.ts:2:8',
    ]);
    expect(together[2] && paths(together[2])).toContain('functions/_shared/zod.ts');
    // Once by the reader of all, once by each of the readers of one.
    expect(looks.get('functions/_shared/c.ts')).toBe(4);
    expect(new Set(remembered.keys()).has('functions/_shared/c.ts')).toBe(true);
  });
});

describe('hashFunction', () => {
  const settings = { verify_jwt: true, entrypoint: 'functions/a/index.ts', static_patterns: [] };
  const files = {
    'functions/a/index.ts': "import '../_shared/b.ts';\n",
    'functions/_shared/b.ts': 'export const b = 1;\n',
    'functions/_shared/unused.ts': '',
  };

  function digest(read: FunctionGraph, with_: typeof settings): string {
    const files = read.files.map(({ path, content }) => ({ path, sha256: contentDigest(content) }));
    return hashFunction(files, with_);
  }

  it('changes with any file of the graph and any setting, and with nothing else', () => {
    write(files);
    const before = digest(graph(), settings);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(graph(), { ...settings })).toBe(before);

    write({ 'functions/_shared/unused.ts': 'changed' });
    expect(digest(graph(), settings)).toBe(before);
    expect(digest(graph(), { ...settings, verify_jwt: false })).not.toBe(before);

    write({ 'functions/_shared/b.ts': 'export const b = 2;\n' });
    const after = digest(graph(), settings);
    expect(after).not.toBe(before);
    write(files);
    expect(digest(graph(), settings)).toBe(before);
  });

  it('does not depend on the order of files', () => {
    write(files);
    const read = graph();

    expect(digest({ ...read, files: [...read.files].reverse() }, settings)).toBe(digest(read, settings));
  });
});
