import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { jsonSchemas } from '../../../actions/_shared/declare/json-schemas.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DeclarationResult } from '../../../actions/_shared/declare/model.ts';
import { mutate } from '../declare/mutate.ts';
import { seededRandom } from '../declare/random.ts';
import { ROOT } from '../declare/samples.ts';

const ENVIRONMENTS = `production:
  lane: production
  connection: { env: A_URL }
staging:
  lane: staging
  connection: { env: B_URL }
local:
  lane: development
  connection: { env: C_URL }
  jobs: awake
`;
const HEAD = 'description: It is broken\nowner: "@team"\n';

async function load(files: Readonly<Record<string, string>>): Promise<DeclarationResult> {
  const all = { 'environments.yaml': ENVIRONMENTS, ...files };
  return loadDeclarations({
    root: '/nowhere',
    read: memoryReader(
      Object.fromEntries(Object.entries(all).map(([path, text]) => [`runbooks/${path}`, text])),
    ),
  });
}

/** `line:column severity code message (hint)` of everything said about one check. */
async function said(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const { diagnostics } = await load({ ...files, 'checks/it.yaml': text });
  return diagnostics
    .filter(({ location }) => location.file === 'runbooks/checks/it.yaml')
    .map(
      ({ location, severity, message, hint }) =>
        `${location.line}:${location.column} ${severity} ${message}${hint === undefined ? '' : ` (${hint})`}`,
    );
}

async function check(text: string, environment = 'production') {
  const [found] = (await load({ 'checks/it.yaml': `${HEAD}${text}` })).resolve(environment).checks;
  return found;
}

const schema = new Ajv({ strict: false }).compile(
  JSON.parse(jsonSchemas()['runbooks/schemas/checks.schema.json'] ?? ''),
);
const shipped = readdirSync(`${ROOT}runbooks/checks`).map((name): readonly [string, string] => [
  name,
  readFileSync(`${ROOT}runbooks/checks/${name}`, 'utf8'),
]);

describe('a file of runbooks/checks', () => {
  it('says little, and means this', async () => {
    expect(await check('pg_net:\n')).toMatchObject({
      name: 'it',
      severity: 'warning',
      for: { failing: 1, of: 1 },
      holdOpenMs: 600_000,
      reopenWithinMs: 86_400_000,
      everyMs: 0,
      timeoutMs: 10_000,
      mutes: [],
      runbook: null,
      probe: {
        kind: 'pg_net',
        windowMs: 3_600_000,
        queueAge: [
          { severity: 'critical', at: 300_000 },
          { severity: 'warning', at: 60_000 },
        ],
      },
      location: { file: 'runbooks/checks/it.yaml', line: 1 },
    });
  });

  it('may say everything', async () => {
    const text = [
      'severity: critical',
      'sql: { query: "select 1;", when: { warning: "> 1", critical: ">= 5m" } }',
      'for: 3 of 5',
      'hold_open: 0s',
      'reopen_within: 2h',
      'group: shop',
      'mutes: [{ check: "i*", object: "?", severity: info }, { kind: job_failed }]',
      'runbook: { name: heal, inputs: { order: $object } }',
      'every: 1h',
      'timeout: 2s',
    ].join('\n');

    expect(await check(text)).toMatchObject({
      severity: 'critical',
      for: { failing: 3, of: 5 },
      probe: {
        query: 'select 1',
        when: [
          { severity: 'critical', at: { operator: '>=', than: 300 } },
          { severity: 'warning', at: { operator: '>', than: 1 } },
        ],
      },
      mutes: [{ check: 'i*', object: '?', severity: 'info' }, { kind: 'job_failed' }],
      runbook: { name: 'heal', inputs: { order: '$object' } },
      timeoutMs: 2000,
    });
    expect(schema(parse(`${HEAD}${text}`))).toBe(true);
  });

  it('sleeps where jobs sleep, unless it is told otherwise', async () => {
    const awake = async (text: string) => {
      const { resolve } = await load({ 'checks/it.yaml': `${HEAD}cron: {}\n${text}` });
      return ['production', 'staging', 'local'].filter((name) => resolve(name).checks.length > 0);
    };

    expect(await awake('')).toEqual(['production', 'local']);
    expect(await awake('active: false')).toEqual([]);
    expect(await awake('active: false\nenvironments: { staging: { active: true } }')).toEqual(['staging']);
    expect(await awake('environments: { local: { active: false }, staging: { active: true } }')).toEqual([
      'production',
      'staging',
    ]);
  });

  it('is changed by an environment key by key, its probe too', async () => {
    const text = [
      'queue: { depth: { warning: 10 }, oldest: 5m }',
      'severity: critical',
      'environments: { local: { severity: info, for: 2, queue: { depth: 500 } } }',
    ].join('\n');

    expect(await check(text, 'production')).toMatchObject({
      severity: 'critical',
      probe: { depth: [{ at: 10 }] },
    });
    expect(await check(text, 'local')).toMatchObject({
      severity: 'info',
      for: { failing: 2, of: 2 },
      probe: { depth: [{ severity: null, at: 500 }], oldest: [{ at: 300_000 }] },
    });
  });

  it.each([
    [
      'sql: { query: select 1, when: "> 1" }\nseverty: info',
      '4:1 error unknown key `severty` (Did you mean `severity`?)',
    ],
    ['qeue: { depth: 1 }', '3:1 error unknown key `qeue` (Did you mean `queue`?)'],
    ['cron: {}\nqueue: { depth: 1 }', '4:1 error the check holds both `cron` and `queue`'],
    ['severity: info', '1:1 error the check does not say what to look at'],
    ['cron: { find: [lat] }', '3:16 error `cron.find[0]` cannot be `lat` (Did you mean `late`?'],
    ['queue: { dept: 1 }', '3:10 error unknown key `dept` in `queue` (Did you mean `depth`?)'],
    ['queue: {}', '3:1 error this check looks for nothing'],
    ['pg_net: { failures: 25 }', '3:21 error `pg_net.failures` must be a share such as `10%`'],
    ['cron: {}\nfor: 6 of 5', '4:6 error `for: 6 of 5` can never come true'],
    ['cron: {}\nmutes: [{}]', '4:9 error this would mute every alert there is'],
    ['cron: {}\nmutes: [{ check: nobody }]', '4:18 error `nobody` fits no check'],
    ['cron: { jobs: [sync_al] }', '3:15 error `sync_al` fits no job (Did you mean `sync_all`?)'],
    ['vault: { secrets: ["proj_*"] }', '3:19 error `proj_*` fits no secret'],
    ['cron: { find: [scheduler, late] }', '3:15 error `scheduler` must be looked for by a check of its own'],
    ['sql: { query: "selec 1", when: "> 1" }', '3:16 error Postgres cannot parse this'],
    ['sql: { query: "select 1" }', '3:1 error nothing says when the value is bad'],
    ['sql: { query: "select 1; select 2", when: "> 1" }', 'error a check is one statement'],
    ['sql: { query: "delete from a returning 1", when: "> 1" }', 'error a check only reads'],
    [
      'sql: { query: "with x as (delete from a returning 1) select 1 from x", when: "> 1" }',
      'error a check only reads',
    ],
    ['sql: { query: "select 1 into b", when: "> 1" }', 'error a check only reads'],
    ['sql: { query: "select 1 from a for update", when: "> 1" }', 'error a check must not lock rows'],
    [
      'sql: { query: "select length(decrypted_secret) from vault.decrypted_secrets", when: "> 1" }',
      'error a check must not read secrets',
    ],
    [
      'sql: { query: "select (ops.read_secret(\'x\')).value", rows: true }',
      'error a check must not read secrets',
    ],
    ['http: { url: "https://user:password@host.example/" }', 'error a password in a URL is written out here'],
    ['http: { url: ftp://x }', 'error `http.url` must begin with http://'],
    ['http: { url: https://x.example, json: [{ path: "a b" }] }', 'must be a path such as'],
    ['cron: {}\nenvironments: { prod: {} }', '4:17 error there is no environment `prod`'],
    [
      'cron: {}\nenvironments: { local: { queue: { depth: 1 } } }',
      'an environment cannot make it look at `queue`',
    ],
    ['cron: {}\ntimeout: 10m', '4:10 error `timeout` must be between 100ms and 2m'],
  ])('%s: %s', async (text, expected) => {
    const others = {
      'cron/sync_all.yaml': 'schedule: "* * * * *"\nowner: "@t"\ncall: { sql: "select 1" }\n',
      'secrets.yaml': 'project_url:\n  value: { env: X }\n',
    };
    expect((await said(`${HEAD}${text}\n`, others)).join('\n')).toContain(expected);
  });

  it('needs a description', async () => {
    expect((await said('owner: "@t"\ncron: {}\n')).join('\n')).toContain('the key `description` is missing');
  });

  it('damaged in any way is refused with its place or understood, and never throws', async () => {
    const random = seededRandom(20_261_121);
    let broken = 0;
    for (let round = 0; round < 400; round += 1) {
      const [name, text] = shipped[round % shipped.length] ?? ['', ''];
      const result = await load({ [`checks/${name}`]: mutate(text, random) });
      for (const { location } of result.diagnostics) expect(location.line).toBeGreaterThan(0);
      if (result.diagnostics.some(({ severity }) => severity === 'error')) broken += 1;
      else expect(() => JSON.stringify(result.resolve('production').checks)).not.toThrow();
    }
    expect(broken).toBeGreaterThan(100);
  }, 60_000);
});

describe('the checks this repository ships', () => {
  it.each(shipped)('%s is valid to editors too, and names its schema', (_name, text) => {
    expect(schema(parse(text)), JSON.stringify(schema.errors)).toBe(true);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schemas/checks.schema.json');
  });

  it('look at everything that is ours, each with an owner and a purpose', async () => {
    const { checks } = (await loadDeclarations({ root: ROOT, cache: false })).resolve('production');

    expect(new Set(checks.map(({ probe }) => probe.kind))).toEqual(
      new Set(['cron', 'queue', 'pg_net', 'vault', 'function', 'workflow', 'provider', 'batch']),
    );
    for (const { name, owner, description } of checks) {
      expect(owner, name).toMatch(/^@/);
      expect(description, name).toMatch(/\S/);
    }
    const scheduler = checks.find(({ name }) => name === 'cron-scheduler');
    expect(scheduler?.mutes).toContainEqual({ check: 'cron-jobs' });
  });

  it('are the ones docs/checks.md writes about, and its examples are good', async () => {
    const text = readFileSync(`${ROOT}docs/checks.md`, 'utf8');
    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    const examples = (blocks[1] ?? '').split(/\n\n/).filter((part) => /\S/.test(part));
    const others = {
      'secrets.yaml': 'project_url:\n  value: { env: X }\na_token:\n  value: { env: Y }\n',
      'cron/game_platform_totals_sweep_hourly.yaml':
        'schedule: "* * * * *"\nowner: "@t"\ncall: { sql: "select 1" }\n',
      'functions/sync.yaml': 'verify_jwt: false\n',
      'checks/shop-a.yaml': `${HEAD}cron: {}\n`,
    };

    expect(examples).toHaveLength(10);
    for (const example of [blocks[0] ?? '', ...examples.map((part) => `${HEAD}${part}\n`)]) {
      expect(
        (await said(example, others)).filter((line) => / error /.test(line)),
        example,
      ).toEqual([]);
    }
  });
});
