import { describe, expect, it } from 'vitest';
import { adviceRules } from '../../../actions/_shared/checks/advice/registry.ts';
import { postgresLints } from '../../../actions/_shared/checks/postgres-lints.ts';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { ADVISORY_RULES } from '../../../actions/_shared/declare/kinds/advisory-rules.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';

const FILE = 'runbooks/advisories/defaults.yaml';
const environments = `
production: { lane: production, connection: { env: A } }
staging: { lane: staging, connection: { env: B } }
`;

async function load(files: Readonly<Record<string, string>>) {
  return loadDeclarations({
    root: '/nowhere',
    read: memoryReader({ 'runbooks/environments.yaml': environments, ...files }),
  });
}

async function faults(text: string): Promise<readonly string[]> {
  const { diagnostics } = await load({ [FILE]: text });
  return diagnostics.map(
    ({ location: { line, column }, code, message }) => `${line}:${column} ${code} ${message}`,
  );
}

const suppression = (changes: Readonly<Record<string, string>> = {}): string => {
  const fields = {
    cache_key: 'no_primary_key_public_*',
    owner: '"@platform-team"',
    reason: 'a log nobody joins',
    expires: '2027-01-31',
    ...changes,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== '');
  return `suppressions:\n${lines.map(([key, value], index) => `${index === 0 ? '  - ' : '    '}${key}: ${value}`).join('\n')}\n`;
};

describe('the language of runbooks/advisories/', () => {
  it('knows every rule and every lint there is, and no other', () => {
    const beside = ['cannot_evaluate', 'suppression_expired', 'suppression_unused'];
    const known = [...adviceRules, ...postgresLints].map(({ name }) => name);
    expect(Object.keys(ADVISORY_RULES).sort()).toEqual([...known, ...beside].sort());
    expect(new Set(known).size).toBe(known.length);
  });

  it('is strict: a wrong word is an error at its place, with the nearest right one', async () => {
    const { diagnostics } = await load({ [FILE]: 'rules:\n  cron_secrets_in_command: { enabled: false }\n' });
    expect(diagnostics).toMatchObject([
      {
        code: 'unknown-key',
        location: { file: FILE, line: 2, column: 3 },
        hint: expect.stringContaining('cron_secret_in_command'),
      },
    ]);
    expect(await faults('rules:\n  cron_long_runs: { hours: 3 }\n')).toEqual([
      expect.stringContaining('2:21 unknown-key'),
    ]);
    expect(await faults('rules:\n  cron_long_runs: { minutes: 0 }\n')).toEqual([
      expect.stringMatching(/^2:30 .*1/),
    ]);
    expect(await faults('rules:\n  cron_long_runs: { level: BAD }\n')).toEqual([
      expect.stringMatching(/^2:28 /),
    ]);
    expect(await faults('schemas: public\n')).toEqual([expect.stringMatching(/^1:10 wrong-type/)]);
  });

  it.each(['owner', 'reason', 'expires', 'cache_key'])('wants the %s of a suppression', async (key) => {
    expect(await faults(suppression({ [key]: '' }))).toEqual([expect.stringContaining(`\`${key}\``)]);
  });

  it.each([
    ['expires', '31.01.2027', 'must be a day'],
    ['expires', '2027-02-30', 'must be a day'],
    ['expires', 'never', 'must be a day'],
    ['reason', 'meh', '10'],
    ['reason', '"             "', 'must say why'],
    ['cache_key', '"*"', '3'],
    ['cache_key', '"*?*?*"', 'at least three characters'],
    ['owner', 'me', 'must be a GitHub user'],
    ['environments', '[prodution]', 'there is no environment `prodution`'],
  ])('refuses %s: %s', async (key, value, words) => {
    expect((await faults(suppression({ [key]: value }))).join()).toContain(words);
  });

  it('lets one file set a rule, and no second', async () => {
    const { diagnostics } = await load({
      [FILE]: 'rules: { no_primary_key: { enabled: false } }\n',
      'runbooks/advisories/more.yaml': 'rules: { no_primary_key: { level: WARN } }\n',
    });
    expect(diagnostics).toMatchObject([
      {
        code: 'duplicate-rule',
        location: { file: 'runbooks/advisories/more.yaml' },
        message: expect.stringContaining(FILE),
      },
    ]);
  });

  it('says for each environment what is wanted there', async () => {
    const { advisories, diagnostics } = await load({
      [FILE]: `
owner: "@platform-team"
schemas: [shop, shop]
rules:
  cron_long_runs: { minutes: 20, environments: { staging: { minutes: 90, level: INFO } } }
  unused_index: { enabled: false, environments: { production: { enabled: true } } }
${suppression({ environments: '[staging]' })}`,
      'runbooks/advisories/more.yaml': `owner: "@data-team"\nschemas: [lab]\nrules: { no_primary_key: { level: ERROR } }\n`,
    });
    expect(diagnostics).toEqual([]);
    const production = advisories('production');
    const staging = advisories('staging');
    expect(production.schemas).toEqual(['lab', 'shop']);
    expect(production.rules.cron_long_runs).toEqual({
      enabled: true,
      level: null,
      thresholds: { minutes: 20 },
      owner: '@platform-team',
    });
    expect(staging.rules.cron_long_runs).toMatchObject({ level: 'INFO', thresholds: { minutes: 90 } });
    expect([production.rules.unused_index.enabled, staging.rules.unused_index.enabled]).toEqual([
      true,
      false,
    ]);
    expect(production.rules.no_primary_key).toMatchObject({ level: 'ERROR', owner: '@data-team' });
    expect(production.rules.secret_missing).toEqual({
      enabled: true,
      level: null,
      thresholds: {},
      owner: '@platform-team',
    });
    expect(production.suppressions).toEqual([]);
    expect(staging.suppressions).toEqual([
      {
        cacheKey: 'no_primary_key_public_*',
        owner: '@platform-team',
        reason: 'a log nobody joins',
        expires: '2027-01-31',
        environments: ['staging'],
        file: FILE,
      },
    ]);
  });
});
