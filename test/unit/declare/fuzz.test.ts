import { describe, expect, it } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { formatDiagnostics } from '../../../actions/_shared/declare/format-diagnostics.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { ConfigurationError } from '../../../actions/_shared/io/errors.ts';
import { mutate } from './mutate.ts';
import { type Random, seededRandom } from './random.ts';
import { FULL_JOB, realFiles, SQL_JOB } from './samples.ts';

/** Loads a set of files and checks what must hold for any file at all. Returns how many errors it found. */
async function survive(files: Record<string, string | Uint8Array>): Promise<number> {
  const read = memoryReader(files);
  const result = await loadDeclarations({ root: '/nowhere', read });
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  for (const { location, message, code } of result.diagnostics) {
    const content = files[location.file];
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
    const lines = text.split('\n');
    expect(location.line).toBeGreaterThanOrEqual(1);
    expect(location.line, `${code} in\n${text}`).toBeLessThanOrEqual(lines.length);
    expect(location.column).toBeGreaterThanOrEqual(1);
    expect(location.column, `${code} in\n${text}`).toBeLessThanOrEqual(
      (lines[location.line - 1]?.length ?? 0) + 1,
    );
    expect(message).toMatch(/\S/);
  }
  for (const format of ['terminal', 'json', 'github'] as const) {
    const text = formatDiagnostics(result.diagnostics, { format, root: '/nowhere', color: false, read });
    for (const forbidden of ['\u001b', '\u0000', 'eyJhbGci']) expect(text).not.toContain(forbidden);
  }
  if (errors.length > 0) expect(() => result.resolve('production')).toThrow(ConfigurationError);
  else if (result.environments.some(({ name }) => name === 'production')) {
    expect(JSON.parse(JSON.stringify(result.resolve('production'))).jobs).toHaveLength(
      Object.keys(files).length - 2,
    );
  }
  return errors.length;
}

describe('damaged files', () => {
  const real = { ...realFiles(), 'runbooks/cron/full.yaml': FULL_JOB, 'runbooks/cron/sql.yaml': SQL_JOB };
  const paths = Object.keys(real);

  it('a thousand mutations of the real files yield located errors or a good plan, never a throw', async () => {
    const random = seededRandom(20_261_121);
    let broken = 0;
    for (let round = 0; round < 1000; round += 1) {
      const path = paths[round % paths.length] ?? '';
      const files: Record<string, string> = {
        ...real,
        [path]: mutate(real[path as keyof typeof real] ?? '', random),
      };
      if ((await survive(files)) > 0) broken += 1;
    }
    expect(broken).toBeGreaterThan(300);
    expect(broken).toBeLessThan(990);
  }, 120_000);

  it('bytes that are no text at all are refused', async () => {
    const random = seededRandom(3);
    for (let round = 0; round < 100; round += 1) {
      const bytes = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
      await survive({ ...real, 'runbooks/cron/noise.yaml': bytes });
    }
  });

  it('random YAML of any shape is refused or understood', async () => {
    const random = seededRandom(11);
    for (let round = 0; round < 300; round += 1) {
      await survive({
        'runbooks/environments.yaml': randomYaml(random, 0),
        'runbooks/secrets.yaml': randomYaml(random, 0),
        'runbooks/cron/a.yaml': randomYaml(random, 0),
      });
    }
  });

  it.each([
    ['nested flow', '['.repeat(50_000)],
    ['nested maps', '{a: '.repeat(30_000)],
    ['nested lists', '- '.repeat(60_000)],
    ['deep indentation', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['many keys', Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n')],
    ['the same key', 'a: 1\n'.repeat(20_000)],
    [
      'an alias bomb',
      `a: &a [x, x, x, x]\n${Array.from({ length: 20 }, (_, n) => `b${n}: &b${n} [*${n === 0 ? 'a' : `b${n - 1}`}, *${n === 0 ? 'a' : `b${n - 1}`}]`).join('\n')}\n`,
    ],
    ['one long line', `schedule: "${'*'.repeat(200_000)}"\n`],
    ['a large file', `# ${'x'.repeat(300_000)}\n`],
    [
      'deep SQL',
      `schedule: "0 0 * * *"\ncall: { sql: "select ${'('.repeat(20_000)}1${')'.repeat(20_000)}" }\n`,
    ],
    ['long SQL', `schedule: "0 0 * * *"\ncall: { sql: "select 1${' + 1'.repeat(20_000)}" }\n`],
    ['a pattern that backtracks', `schedule: "0 0 * * *"\ndescription: "${'postgres://a'.repeat(2000)}"\n`],
  ])('%s ends quickly', async (_, text) => {
    const started = performance.now();
    await survive({ ...realFiles(), 'runbooks/cron/bomb.yaml': text });
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

function randomYaml(random: Random, depth: number): string {
  const words = [
    'schedule',
    'call',
    'sql',
    'function',
    'lane',
    'production',
    'value',
    'env',
    'timeout',
    '30s',
    '* * * * *',
    'shape',
    'x',
    '1',
    'true',
    'null',
  ] as const;
  const scalar = (): string => JSON.stringify(random.pick(words));
  const kind = depth > 4 ? 0 : random.below(3);
  if (kind === 0) return scalar();
  const parts = Array.from({ length: random.below(4) }, () => {
    const inner = randomYaml(random, depth + 1);
    return kind === 1 ? inner : `${scalar()}: ${inner}`;
  });
  return kind === 1 ? `[${parts.join(', ')}]` : `{${parts.join(', ')}}`;
}
