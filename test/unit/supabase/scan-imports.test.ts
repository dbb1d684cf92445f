// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source code
import { describe, expect, it } from 'vitest';
import { scanImports } from '../../../actions/_shared/supabase/scan-imports.ts';

function found(source: string, fileName = 'index.ts'): string[] {
  return scanImports(source, fileName).map(({ kind, specifier }) => `${kind} ${specifier}`);
}

describe('scanImports finds', () => {
  it.each([
    ["import './a.ts'", 'static ./a.ts'],
    ['import "./a.ts";', 'static ./a.ts'],
    ["import a from './a.ts'", 'static ./a.ts'],
    ["import * as a from './a.ts'", 'static ./a.ts'],
    ["import{a}from'./a.ts'", 'static ./a.ts'],
    ["import a, { b as c, type D } from './a.ts'", 'static ./a.ts'],
    ["import {\n  a, // first\n  /* second */ b,\n} from './a.ts';", 'static ./a.ts'],
    ["import { 'a-b' as ab } from './a.ts'", 'static ./a.ts'],
    ["import data from './a.json' with { type: 'json' }", 'static ./a.json'],
    ["import type { A } from './a.ts'", 'type ./a.ts'],
    ["import type A from './a.ts'", 'type ./a.ts'],
    ["import type * as A from './a.ts'", 'type ./a.ts'],
    ["import type from './a.ts'", 'static ./a.ts'],
    ["import type, { b } from './a.ts'", 'static ./a.ts'],
    ["import from from './a.ts'", 'static ./a.ts'],
    ["import { from } from './a.ts'", 'static ./a.ts'],
    ["import a = require('./a.ts')", 'static ./a.ts'],
    ["export * from './a.ts'", 'static ./a.ts'],
    ["export * as a from './a.ts'", 'static ./a.ts'],
    ["export { a, b as default } from './a.ts'", 'static ./a.ts'],
    ["import abcé from './a.ts'", 'static ./a.ts'],
    ["export { a } from /* there */ './a.ts'; const b = Array.from('c')", 'static ./a.ts'],
    ["export type { A } from './a.ts'", 'type ./a.ts'],
    ["export type * from './a.ts'", 'type ./a.ts'],
    ["const a = await import('./a.ts')", 'dynamic ./a.ts'],
    ['const a = await import(`./a.ts`)', 'dynamic ./a.ts'],
    ["import('./a.json', { with: { type: 'json' } })", 'dynamic ./a.json'],
    ["import(\n  // why\n  './a.ts',\n)", 'dynamic ./a.ts'],
    ["type A = import('./a.ts').A", 'dynamic ./a.ts'],
    ["const a = import('./' + name)", 'dynamic null'],
    ['const a = import(`./${name}.ts`)', 'dynamic null'],
    ['const a = import(name)', 'dynamic null'],
    ["if (x) import('./a.ts')", 'dynamic ./a.ts'],
    ["import '\\u002e/a.ts'", 'static ./a.ts'],
    ["#!/usr/bin/env deno\nimport './a.ts'", 'static ./a.ts'],
    ["\uFEFFimport './a.ts'", 'static ./a.ts'],
    ["const t = `${await import('./a.ts')}`", 'dynamic ./a.ts'],
    ["const t = `${`${{ a: import('./a.ts') }.a}`}`", 'dynamic ./a.ts'],
    ["const r = /['\"`/]/; import './a.ts'", 'static ./a.ts'],
    ["const r = a / b; import './a.ts'; const s = c / d", 'static ./a.ts'],
    ["const r = x.map((y) => y! / 2); import './a.ts'", 'static ./a.ts'],
    ["if (a) /'/.test(b)\nimport './a.ts'", 'static ./a.ts'],
    ["const o = {} / 2; import './a.ts'; '/'", 'static ./a.ts'],
    ["a++ / 2; import './a.ts'; 'x/'", 'static ./a.ts'],
    ["class A { #x = 1; @dec import() {} }\nimport './a.ts'", 'static ./a.ts'],
    ["const { import: x } = y;\nimport './a.ts'", 'static ./a.ts'],
    ["const text = 'it\\'s';\nimport './a.ts'", 'static ./a.ts'],
    ["const a = <T,>(x: T) => x;\nimport './a.ts'", 'static ./a.ts'],
  ])('%s', (source, expected) => {
    expect(found(source)).toEqual([expected]);
  });

  it('several, in the order of the file', () => {
    const source = "import './b.ts';\nexport * from './a.ts';\nconst c = import('./c.ts');\n";

    expect(found(source)).toEqual(['static ./b.ts', 'static ./a.ts', 'dynamic ./c.ts']);
  });

  it('the place of what is imported, quotes included', () => {
    const source = "import { a } from './a.ts';";
    const [only] = scanImports(source, 'index.ts');

    expect(source.slice(only?.start, only?.end)).toBe("'./a.ts'");
  });

  it('imports around and inside elements of a .tsx file', () => {
    const source = [
      "import { h } from './h.ts';",
      'const page = (name: string) => (',
      "  <div title=\"import './no.ts'\" {...{ lazy: import('./lazy.ts') }}>",
      "    Don't import './text.ts' <br/> {/* import './comment.ts' */} {name && <b>it's {name}</b>}",
      '    <></>',
      '  </div>',
      ');',
      'const generic = <T extends object>(x: T) => x;',
      'const less = 1 < 2;',
      "export { page } from './page.ts';",
    ].join('\n');

    expect(found(source, 'page.tsx')).toEqual(['static ./h.ts', 'dynamic ./lazy.ts', 'static ./page.ts']);
  });
});

describe('scanImports finds nothing in', () => {
  it.each([
    "// import './a.ts'",
    "/* import './a.ts' */",
    "/**\n * @example import { a } from './a.ts'\n */",
    'const s = "import \'./a.ts\'"',
    "const t = `import './a.ts'`",
    "const t = `\\`import './a.ts'`",
    "const r = /import '.\\/a.ts'/",
    "const r = [/[/]import '.\\/a.ts'/]",
    'import.meta.url',
    "import.meta.resolve('./a.ts')",
    "object.import('./a.ts')",
    "object?.import('./a.ts')",
    "const object = { import: './a.ts' }",
    'class A { import() { return 1 } }',
    "export const from = './a.ts'",
    "export default './a.ts'",
    "export { a };\nconst from = './a.ts'",
    "export type A = './a.ts'",
    "export { type };\n'./a.ts'",
    "declare module './a.ts' {}",
    'import',
    'import {',
    'import { a } from',
    'export *',
  ])('%s', (source) => {
    expect(found(source)).toEqual([]);
  });
});

describe('scanImports is not thrown by', () => {
  it('any broken text, and takes no longer for a long one', () => {
    const pieces = [
      '`${',
      '"',
      "'",
      '/',
      '<a',
      '{',
      '}',
      'import',
      '(',
      ')',
      '\\',
      '/*',
      '//',
      '\n',
      'from',
      '🙂',
      '\0',
    ];
    let seed = 1;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    for (let round = 0; round < 500; round += 1) {
      const source = Array.from({ length: 60 }, () => pieces[next() % pieces.length]).join('');
      const fileName = round % 2 === 0 ? 'a.ts' : 'a.tsx';
      // Reading ends behind the last word that may import; one in a comment has all of it read, token by token.
      const whole = scanImports(`${source}\n/* import '' */`, fileName);
      expect(scanImports(`${source}\n`, fileName)).toEqual(whole);
    }
    const started = performance.now();
    scanImports(`${'const a = b / c; // text\n'.repeat(20_000)}import './a.ts';`, 'a.ts');
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('imports on top of a file are read without tokens, which', () => {
  const statements = [
    "import './a.ts';\n",
    "import { a, type B, c as d } from './a.ts';\n",
    "import a, { b } from './a.ts'\n",
    "import type * as a from './a.ts';\n",
    "import data from './a.json' with { type: 'json' };\n",
    "export * as a from './a.ts';\n",
    "export type { A } from './a.ts';\n",
    "// import './not.ts'\n",
    "/* from './not.ts' */\n",
  ];
  const pieces = [
    'type ',
    'from',
    'from ',
    ' "',
    "'",
    ';',
    '\n',
    '{',
    '}',
    '*',
    ',',
    '$',
    'é',
    '\\',
    '//',
    '1',
    '.',
    '(',
  ];

  it('makes no difference, however broken they are', () => {
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 3_000; round += 1) {
      let source = Array.from({ length: 3 }, () => statements[next(statements.length)]).join('');
      for (let change = next(3); change > 0; change -= 1) {
        const at = next(source.length);
        source = `${source.slice(0, at)}${pieces[next(pieces.length)]}${source.slice(at + next(3))}`;
      }
      // The word in the comment has all of it read token by token.
      expect(scanImports(`${source}\n`, 'a.ts'), source).toEqual(
        scanImports(`${source}\n/* import '' */`, 'a.ts'),
      );
    }
  });
});
