import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileReader, memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { ROOT } from './samples.ts';

const JOB = 'owner: "@a"\nschedule: "5 * * * *"\ncall: { enqueue: tidy }\n';

/** A reader to which the system refuses one path. */
function refusing(refused: string, files: Record<string, string>): FileReader {
  const reader = memoryReader(files);
  const check = (path: string): void => {
    if (path === refused) throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
  };
  return {
    list: (folder) => {
      check(folder);
      return reader.list(folder);
    },
    read: (path) => {
      check(path);
      return reader.read(path);
    },
  };
}

describe('what may not be read', () => {
  it.each([
    'runbooks',
    'runbooks/cron',
    'runbooks/cron/a.yaml',
    'migrations',
    'migrations/20260101000000_x.sql',
  ])('%s is told with its path, and nothing is resolved without it', async (refused) => {
    const read = refusing(refused, {
      'runbooks/environments.yaml': 'production: { lane: production, connection: { env: URL } }\n',
      'runbooks/cron/a.yaml': JOB,
      'migrations/20260101000000_x.sql': 'select 1',
    });
    const result = await loadDeclarations({ root: '/nowhere', read });
    expect(result.diagnostics).toMatchObject([
      { code: 'file-unreadable', location: { file: refused, line: 1 } },
    ]);
    expect(() => result.resolve('production')).toThrow(/have an error/);
  });

  it('secrets that may not be read are not called undeclared', async () => {
    const read = refusing('runbooks/secrets.yaml', {
      'runbooks/environments.yaml': 'production: { lane: production, connection: { env: URL } }\n',
      'runbooks/secrets.yaml': '',
      'runbooks/cron/a.yaml':
        'owner: "@a"\nschedule: "5 * * * *"\ncall: { http: { url_secret: there }, timeout: 5s }\n',
    });
    const { diagnostics } = await loadDeclarations({ root: '/nowhere', read });
    expect(diagnostics.map(({ code }) => code)).toEqual(['file-unreadable']);
  });
});

describe('opsroom validate', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'opsroom-refused-'));
    mkdirSync(path.join(root, 'runbooks/cron'), { recursive: true });
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  async function validate(...args: string[]): Promise<{ code: number; out: string }> {
    const command = [path.join(ROOT, 'actions/cli.ts'), 'validate', '--root', root, ...args];
    try {
      const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: 20_000 });
      return { code: 0, out: stdout };
    } catch (error) {
      const { code, stdout } = error as { code: number; stdout: string };
      return { code, out: stdout };
    }
  }

  const write = (name: string, text: string): void => {
    writeFileSync(path.join(root, 'runbooks', name), text);
  };

  it('shows no line of what a link leads to', async () => {
    writeFileSync(path.join(root, 'outside'), 'not ours to show\n');
    symlinkSync('../../outside', path.join(root, 'runbooks/cron/link.yaml'));
    const { code, out } = await validate();
    expect(out).toContain('runbooks/cron/link.yaml:1:1 error');
    expect(out).not.toContain('not ours to show');
    expect(code).toBe(1);
  });

  it('does not wait for a pipe', async () => {
    expect(spawnSync('mkfifo', [path.join(root, 'runbooks/cron/pipe.yaml')]).status).toBe(0);
    const { code, out } = await validate();
    expect(out).toContain('runbooks/cron/pipe.yaml:1:1 error');
    expect(code).toBe(1);
  });

  it('begins no line with what a file is called', async () => {
    write('cron/a\n::error::b.yaml', JOB);
    const { out } = await validate();
    expect(out).toContain('runbooks/cron/a·::error::b.yaml:1:1 error');
    expect(out).not.toMatch(/^::/m);
  });

  it('is no success where there is nothing', async () => {
    const { code, out } = await validate();
    expect(out).toContain('no-runbooks');
    expect(code).toBe(1);
  });

  it('writes one JSON document, the stampede report in it', async () => {
    write('environments.yaml', 'production: { lane: production, connection: { env: URL } }\n');
    write('cron/a.yaml', JOB);
    const good = await validate('--stampede', '--format', 'json');
    expect(JSON.parse(good.out)).toMatchObject({
      schema_version: 1,
      diagnostics: [],
      stampede: { days: 7, jobs: 1, peak: { jobs: ['a'] } },
    });
    write('cron/b.yaml', 'schedule: 5\n');
    const bad = await validate('--stampede', '--format', 'json');
    expect(JSON.parse(bad.out)).toMatchObject({ schema_version: 1, stampede: null });
    expect([good.code, bad.code]).toEqual([0, 1]);
    expect(JSON.parse((await validate('--format', 'json')).out)).not.toHaveProperty('stampede');
  });
});
