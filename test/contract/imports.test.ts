import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './action-metadata.ts';

/** Who may import from whom; the first folder that holds a file is its room. */
const ROOMS: readonly { readonly room: string; readonly mayImport: readonly string[] }[] = [
  { room: 'functions/_shared/contracts', mayImport: ['functions/_shared/contracts'] },
  { room: 'functions', mayImport: ['functions'] },
  // Handlers of jobs run in `opsroom work` and in an Edge Function: their interface and their run are written once.
  {
    room: 'actions/_shared/queue',
    mayImport: ['actions/_shared', 'functions/_shared/contracts', 'functions/_shared/jobs'],
  },
  { room: 'actions/_shared', mayImport: ['actions/_shared', 'functions/_shared/contracts'] },
  {
    room: 'actions/_commands',
    mayImport: ['actions/_commands', 'actions/_shared', 'functions/_shared/contracts'],
  },
  { room: 'actions/dist', mayImport: ['actions/dist'] },
  { room: 'local', mayImport: ['local', 'actions/_shared', 'functions'] },
  { room: 'bench', mayImport: ['bench', 'local', 'actions', 'functions', 'test'] },
  { room: 'test', mayImport: ['test', 'local', 'actions', 'functions', 'bench'] },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const IMPORT = /(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"$]+)['"]/g;

function relativeImports(): Import[] {
  const files = globSync(
    ['actions/**/*.{ts,js}', 'functions/**/*.ts', 'local/**/*.{ts,mjs}', 'bench/**/*.ts', 'test/**/*.ts'],
    {
      cwd: root,
      exclude: ['actions/dist/**', '**/node_modules/**'],
    },
  );
  return files.flatMap((from) =>
    [...readFileSync(path.join(root, from), 'utf8').matchAll(IMPORT)].map(([, target = '']) => ({
      from,
      to: path.posix.join(path.posix.dirname(from), target),
    })),
  );
}

function inside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

function objection({ from, to }: Import): string | null {
  const rule = ROOMS.find(({ room }) => inside(from, room)) ?? actionRoom(from);
  return rule.mayImport.some((folder) => inside(to, folder)) ? null : `${from} imports ${to}`;
}

/** `actions/<name>` sees itself and what actions share; the files beside it tie everything together. */
function actionRoom(from: string): { readonly mayImport: readonly string[] } {
  const [top, name = ''] = from.split('/');
  if (top !== 'actions') return { mayImport: [] };
  if (name.includes('.')) return { mayImport: ['actions'] };
  return { mayImport: [`actions/${name}`, 'actions/_shared', 'actions/dist', 'functions/_shared/contracts'] };
}

describe('imports', () => {
  it('go in one direction between the rooms', () => {
    const imports = relativeImports();

    expect(imports.length).toBeGreaterThan(100);
    expect(imports.map(objection).filter((each) => each !== null)).toEqual([]);
  });

  it.each([
    ['actions/_shared/github/client.ts', 'actions/plan/main.ts'],
    ['actions/plan/main.ts', 'actions/drift/main.ts'],
    ['actions/_shared/io/inputs.ts', 'local/start.ts'],
    ['functions/sync/index.ts', 'actions/_shared/io/errors.ts'],
  ])('would be refused from %s to %s', (from, to) => {
    expect(objection({ from, to })).toBe(`${from} imports ${to}`);
  });

  it('name the file with its extension, as Node runs it', () => {
    const bare = relativeImports().filter(({ to }) => !/\.(ts|js|mjs|json)$/.test(to));

    expect(bare).toEqual([]);
  });

  it('touch the toolkit of Actions in io/ only', () => {
    const users = globSync('actions/**/*.ts', { cwd: root }).filter((file) =>
      /['"]@actions\//.test(readFileSync(path.join(root, file), 'utf8')),
    );

    expect(users.filter((file) => !inside(file, 'actions/_shared/io'))).toEqual([]);
  });

  it('touch Octokit in github/ only', () => {
    const users = globSync('actions/**/*.ts', { cwd: root }).filter((file) =>
      /['"](octokit|@octokit\/[^'"]+)['"]/.test(readFileSync(path.join(root, file), 'utf8')),
    );

    expect(users.filter((file) => !inside(file, 'actions/_shared/github'))).toEqual([]);
  });
});
