import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deno, fixtures, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

let folder: string;
let host: TestHost;
let secrets: Record<string, string> = { WORD: 'one' };

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'opsroom-reload-')), 'functions');
  cpSync(fixtures, folder, { recursive: true });
  write(
    'speaks/index.ts',
    "import { word } from '../_shared/words/word.ts';\nDeno.serve(() => new Response(word));\n",
  );
  write('_shared/words/word.ts', "export const word = 'first';\n");
  write('env/index.ts', "Deno.serve(() => new Response(Deno.env.get('WORD')));\n");
  write(
    'slow/index.ts',
    "Deno.serve(async () => { await new Promise((done) => setTimeout(done, 800)); return new Response('old'); });\n",
  );
  host = await startTestHost({ folder, env: () => secrets });
});

afterAll(async () => {
  await host?.stop();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(join(folder, file), text);
}

async function text(path: string): Promise<string> {
  return (await host.call(path)).text;
}

function pid(slug: string): number | undefined {
  return host.host.running().find((each) => each.slug === slug)?.pid;
}

describe.skipIf(deno === null)('the host', () => {
  it('starts a function anew when a file it imports changes, and leaves the others alone', async () => {
    expect(await text('/speaks')).toBe('first');
    await host.call('/moody');
    const moody = pid('moody');

    write('_shared/words/word.ts', "export const word = 'second';\n");

    await expect.poll(() => text('/speaks'), { timeout: 5_000 }).toBe('second');
    await host.call('/moody');
    expect(pid('moody')).toBe(moody);
  });

  it('comes back from a broken file when it is mended', async () => {
    write('_shared/words/word.ts', 'export const word = ;\n');
    await expect.poll(async () => (await host.call('/speaks')).status, { timeout: 5_000 }).toBe(503);

    write('_shared/words/word.ts', "export const word = 'third';\n");
    await expect.poll(() => text('/speaks'), { timeout: 5_000 }).toBe('third');
  });

  it('comes back when a missing file appears', async () => {
    write('needs/index.ts', "import { x } from './later.ts';\nDeno.serve(() => new Response(x));\n");
    await expect.poll(async () => (await host.call('/needs')).status, { timeout: 5_000 }).toBe(503);

    write('needs/later.ts', "export const x = 'here';\n");
    await expect.poll(() => text('/needs'), { timeout: 5_000 }).toBe('here');
  });

  it('finds a function that was just written, and no longer one that was removed', async () => {
    write('fresh/index.ts', "Deno.serve(() => new Response('fresh'));\n");
    await expect.poll(() => text('/fresh'), { timeout: 5_000 }).toBe('fresh');

    rmSync(join(folder, 'fresh'), { recursive: true });
    await expect.poll(async () => (await host.call('/fresh')).status, { timeout: 5_000 }).toBe(404);
  });

  it('gives a changed secret to a new process', async () => {
    expect(await text('/env')).toBe('one');
    secrets = { WORD: 'two' };

    expect(await text('/env')).toBe('two');
    await expect.poll(() => host.host.running().filter(({ slug }) => slug === 'env').length).toBe(1);
  });

  it('lets a request finish in the process it began in', async () => {
    const before = host.call('/slow');
    await expect.poll(() => pid('slow')).toBeDefined();
    write('slow/index.ts', "Deno.serve(() => new Response('new'));\n");

    await expect.poll(() => text('/slow'), { timeout: 5_000 }).toBe('new');
    expect((await before).text).toBe('old');
  });
});
