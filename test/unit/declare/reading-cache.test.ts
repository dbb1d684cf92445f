import {
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DeclarationResult } from '../../../actions/_shared/declare/model.ts';
import { FULL_JOB, ROOT, SQL_JOB } from './samples.ts';

let root = '';
const place = (): string => join(root, '.opsroom/cache/declarations.json');
const job = (name: string): string => join(root, `runbooks/cron/${name}.yaml`);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'declarations-'));
  for (const folder of ['runbooks', 'functions'])
    cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  writeFileSync(job('full'), FULL_JOB);
  writeFileSync(job('sql'), SQL_JOB);
  writeFileSync(
    job('body'),
    'schedule: "0 0 * * *"\nowner: "@a"\ncall: { enqueue: x, payload: { schedule: { cronSchedule: 1 }, retry: 3, references: [0] } }\nretry: { attempts: 2 }\n',
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function state(result: DeclarationResult): unknown {
  const state = {
    diagnostics: result.diagnostics,
    production: errors(result) ? null : result.resolve('production'),
    local: errors(result) ? null : result.resolve('local'),
  };
  // How the sources of functions are read is no part of what they are.
  return JSON.parse(JSON.stringify(state));
}

function errors(result: DeclarationResult): boolean {
  return result.diagnostics.some(({ severity }) => severity === 'error');
}

const fresh = async (): Promise<unknown> => state(await loadDeclarations({ root, cache: false }));
const cached = async (): Promise<unknown> => state(await loadDeclarations({ root }));

describe('the cache of readings', () => {
  it('gives what reading the files gives, warnings and places included', async () => {
    writeFileSync(job('warned'), 'schedule: "0 0 1 * 1"\ncall: { sql: delete from foo }\n');
    writeFileSync(job('faulty'), 'schedule: "61 * * * *"\ncall: { sql: selec 1 }\n');
    const truth = await fresh();
    expect(await cached()).toEqual(truth);
    expect(await cached()).toEqual(truth);
    rmSync(job('faulty'));
    const whole = await fresh();
    expect(await cached()).toEqual(whole);
    expect(await cached()).toEqual(whole);
    expect(whole).not.toEqual(truth);
  });

  it('notices a changed file even when size and time are the same', async () => {
    const text = readFileSync(job('sql'), 'utf8');
    const time = new Date('2026-01-01');
    utimesSync(job('sql'), time, time);
    await cached();
    writeFileSync(job('sql'), text.replace('15 3', '16 4'));
    utimesSync(job('sql'), time, time);
    expect(await cached()).toEqual(await fresh());
  });

  it('a reference that moved is found on its new line', async () => {
    const undeclared =
      'schedule: "0 0 * * *"\nowner: "@a"\ncall: { function: x, auth: { bearer: nobody }, timeout: 1s }\n';
    writeFileSync(job('moved'), undeclared);
    await cached();
    writeFileSync(job('moved'), `# one line down\n${undeclared}`);
    expect(await cached()).toEqual(await fresh());
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['one character changed', (text: string) => text.replace('"timeout_ms":50000', '"timeout_ms":50001')],
    ['emptied', () => ''],
    ['another format', () => '{}'],
    ['a seal without content', (text: string) => text.split('\n')[0] ?? ''],
  ])('is not believed when %s', async (_, damage) => {
    const truth = await cached();
    const text = readFileSync(place(), 'utf8');
    const damaged = damage(text);
    expect(damaged).not.toBe(text);
    writeFileSync(place(), damaged);
    expect(await cached()).toEqual(truth);
    expect(readFileSync(place(), 'utf8')).toBe(text);
  });

  it('a cache made for another working tree is not believed', async () => {
    await cached();
    const text = readFileSync(place(), 'utf8');
    const other = `${root}-other`;
    cpSync(root, other, { recursive: true });
    try {
      await loadDeclarations({ root: other });
      expect(readFileSync(join(other, '.opsroom/cache/declarations.json'), 'utf8').split('\n')[0]).not.toBe(
        text.split('\n')[0],
      );
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it('a place that cannot be written is no fault', async () => {
    writeFileSync(join(root, '.opsroom'), 'a file where the folder should be');
    expect(await cached()).toEqual(await fresh());
  });

  it('links are not followed out of the tree', async () => {
    symlinkSync('/etc/passwd', job('passwd'));
    const result = await loadDeclarations({ root });
    expect(result.diagnostics.map(({ code }) => code)).toEqual(['unread-file']);
    renameSync(join(root, 'runbooks/secrets.yaml'), join(root, 'elsewhere.yaml'));
    symlinkSync(join(root, 'elsewhere.yaml'), join(root, 'runbooks/secrets.yaml'));
    expect((await loadDeclarations({ root })).diagnostics.map(({ location }) => location.file)).toContain(
      'runbooks/secrets.yaml',
    );
  });
});
