import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { diskReader, memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { jsonSchemas } from '../../../actions/_shared/declare/json-schemas.ts';
import { repositoryName } from '../../../actions/_shared/declare/kinds/project-spec.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DeclarationResult } from '../../../actions/_shared/declare/model.ts';
import { mutate } from './mutate.ts';
import { seededRandom } from './random.ts';
import { ROOT } from './samples.ts';

const PATH = 'runbooks/projects/shop.yaml';
const ENVIRONMENTS = `production: { lane: production, connection: { env: A }, github_environment: production }
staging: { lane: staging, connection: { env: B }, github_environment: staging }
`;
const SMALL = `owner: "@shop"
organisation: acme
repository: acme/shop
workflow: build.yml
branches:
  main: { lane: production }
`;
const FULL = `title: The shop
description: Sells things
owner: "@shop"
organisation: acme
repository: https://github.com/acme/shop.git
workflow: build.yml
dispatch: github
runtime_version: "24"
keep: 90d
branches:
  main:
    lane: production
    environment: production
    inputs: { deploy_to: production, verbose: true, level: 3 }
    manual: false
  release/1.x:
    lane: staging
    workflow: release.yaml
    one_at_a_time: false
    cancel_superseded: true
  dev:
    lane: development
    stop_superseded: false
    waiting_limit: 5
environments:
  production: {}
  staging:
    repository: acme/shop-staging
    dispatch: runners
    keep: 7d
    branches:
      main: { manual: true, inputs: { deploy_to: staging } }
`;
const WORKFLOW = `name: build
run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}
on:
  push: { branches: [main] }
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true, description: The build this run is for }
      ops_build_attempt: { type: string, default: '1', description: Which try of it }
      ops_commit: { type: string, default: '', description: "Commit to build, when it is not the newest" }
      deploy_to:
        description: How far
        type: choice
        options: [nothing, staging, production]
        required: true
permissions: {}
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: |
          echo one
`;
const ORIGIN = '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://token@github.com/Acme/shop.git\n';
const OWN = { '.git/config': ORIGIN, '.github/workflows/build.yml': WORKFLOW };
const TOLD = SMALL.replace('production }', 'production, inputs: { deploy_to: production } }');

function load(
  text: string,
  more: Readonly<Record<string, string>> = {},
  path = PATH,
): Promise<DeclarationResult> {
  const files = { 'runbooks/environments.yaml': ENVIRONMENTS, [path]: text, ...more };
  return loadDeclarations({ root: '/nowhere', read: memoryReader(files) });
}

/** `severity code line:column`, and the message. */
async function said(
  text: string,
  more: Readonly<Record<string, string>> = {},
): Promise<readonly (readonly [string, string])[]> {
  const { diagnostics } = await load(text, more);
  return diagnostics.map(({ severity, code, message, hint = '', location: { line, column } }) => [
    `${severity} ${code} ${line}:${column}`,
    `${message}. ${hint}`,
  ]);
}

const isValid = new Ajv({ strict: false }).compile(
  JSON.parse(jsonSchemas()['runbooks/schemas/projects.schema.json'] ?? ''),
);

describe('a file of runbooks/projects', () => {
  it('needs little, and says everything else by default: production waits to be asked', async () => {
    const result = await load(SMALL);
    expect(result.diagnostics).toEqual([]);
    expect(result.resolve('production').projects).toEqual([
      {
        name: 'acme/shop',
        definition: {
          title: 'shop',
          description: null,
          owner: '@shop',
          repository: 'acme/shop',
          workflow: 'build.yml',
          dispatch: true,
          runtime_version: null,
          keep_seconds: null,
          branches: {
            main: {
              lane: 'production',
              workflow: null,
              environment: null,
              inputs: {},
              manual: true,
              one_at_a_time: true,
              cancel_superseded: false,
              stop_superseded: false,
              waiting_limit: null,
            },
          },
        },
        location: { file: PATH, line: 5, column: 1 },
      },
    ]);
    expect(isValid(parse(SMALL))).toBe(true);
  });

  it('may say everything, and each environment what differs there', async () => {
    expect(isValid(parse(FULL))).toBe(true);
    const result = await load(FULL);
    expect(result.diagnostics).toEqual([]);
    const [production] = result.resolve('production').projects;
    const [staging] = result.resolve('staging').projects;
    expect(production?.definition).toMatchObject({
      keep_seconds: 90 * 86_400,
      branches: {
        main: { manual: false, inputs: { deploy_to: 'production', verbose: 'true', level: '3' } },
        'release/1.x': { workflow: 'release.yaml', manual: false, one_at_a_time: false },
        dev: { waiting_limit: 5 },
      },
    });
    expect(staging?.definition).toMatchObject({
      title: 'The shop',
      repository: 'acme/shop-staging',
      dispatch: false,
      keep_seconds: 7 * 86_400,
      branches: { main: { lane: 'production', manual: true, inputs: { deploy_to: 'staging' } } },
    });
  });

  it('is left out of an environment that says so', async () => {
    const result = await load(`${SMALL}environments: { staging: { enabled: false } }\n`);
    expect(result.resolve('staging').projects).toEqual([]);
    expect(result.resolve('production').projects).toHaveLength(1);
  });

  it.each([
    ['a key nobody knows', SMALL.replace('workflow:', 'workflw:'), '4:1', 'Did you mean `workflow`?'],
    [
      'a key of a branch nobody knows',
      SMALL.replace('production }', 'production, manuel: true }'),
      '6:29',
      '`manual`',
    ],
    ['no organisation', SMALL.replace(/^organisation.*\n/m, ''), '1:1', 'organisation'],
    ['an organisation that is no slug', SMALL.replace('acme\n', 'Acme_Inc\n'), '2:15', 'slug'],
    [
      'a repository with a password',
      SMALL.replace('acme/shop', 'https://me:pw@github.com/acme/shop'),
      '3:13',
      'secret',
    ],
    ['a repository without owner', SMALL.replace('acme/shop', 'shop'), '3:13', 'owner/name'],
    [
      'a path instead of a workflow',
      SMALL.replace('build.yml', '.github/workflows/build.yml'),
      '4:11',
      'build.yml',
    ],
    ['a lane nobody knows', SMALL.replace('lane: production', 'lane: prod'), '6:17', 'production'],
    ['a branch git refuses', SMALL.replace('main:', '"ma..in":'), '6:3', 'git'],
    [
      'an input GitHub refuses',
      SMALL.replace('production }', 'production, inputs: { "a b": x } }'),
      '6:39',
      'GitHub',
    ],
    [
      'an input that is a list',
      SMALL.replace('production }', 'production, inputs: { a: [x] } }'),
      '6:42',
      'text',
    ],
    ['a time that is none', `${SMALL}keep: 90 days\n`, '7:7', 'duration'],
    ['a version that is a number', `${SMALL}runtime_version: 24\n`, '7:18', 'quotes'],
    ['a limit of nothing', SMALL.replace('production }', 'production, waiting_limit: 0 }'), '6:44', '1'],
  ])('is refused with %s, at its place', async (_, text, place, words) => {
    const found = await said(text);
    expect(found.map(([where]) => where).join('\n')).toContain(` ${place}`);
    expect(found.map(([, message]) => message).join('\n')).toContain(words);
    expect(found[0]?.[0]).toMatch(/^error /);
    expect(isValid(parse(text))).toBe(false);
  });

  it('keeps builds for a day at least', async () => {
    expect((await said(`${SMALL}keep: 23h\n`))[0]?.[1]).toContain('between 1d and 3650d');
  });

  it.each(['shop_eu', '-shop', 'shop-', 'Shop'])('can not be called %s', async (name) => {
    const { diagnostics } = await load(SMALL, {}, `runbooks/projects/${name}.yaml`);
    expect(diagnostics).toContainEqual(expect.objectContaining({ severity: 'error', code: 'invalid-name' }));
  });

  it('never throws, whatever is in it', async () => {
    const random = seededRandom(20_261_121);
    let broken = 0;
    for (let round = 0; round < 600; round += 1) {
      const files = {
        [PATH]: mutate(round % 2 === 0 ? FULL : TOLD, random),
        ...OWN,
        ...(round % 3 === 0 ? { '.github/workflows/build.yml': mutate(WORKFLOW, random) } : {}),
        ...(round % 5 === 0 ? { '.git/config': mutate(ORIGIN, random) } : {}),
      };
      const result = await load(files[PATH] ?? '', files);
      if (result.diagnostics.some(({ severity }) => severity === 'error')) broken += 1;
      else expect(result.resolve('production').projects.length).toBeLessThanOrEqual(1);
    }
    expect(broken).toBeGreaterThan(200);
    expect(broken).toBeLessThan(590);
  }, 60_000);
});

describe('what will hurt', () => {
  it.each([
    ['two branches in production', `${SMALL}  old: { lane: production }\n`, 'error two-productions 7:16'],
    ['no branch', SMALL.replace('\n  main: { lane: production }', ' {}'), 'error project-empty 5:11'],
    ['nobody who owns it', SMALL.replace('owner: "@shop"\n', ''), 'notice project-unowned 4:1'],
    ['no workflow', SMALL.replace('workflow: build.yml\n', ''), 'error workflow-undeclared 5:3'],
    [
      'builds of production that stop each other',
      SMALL.replace('production }', 'production, stop_superseded: true }'),
      'warning stops-production 6:46',
    ],
    [
      'builds of production side by side',
      SMALL.replace('production }', 'production, one_at_a_time: false }'),
      'warning side-by-side 6:44',
    ],
    [
      'a limit nothing reaches',
      `${SMALL}  dev: { lane: staging, cancel_superseded: true, waiting_limit: 2 }\n`,
      'warning limit-idle 7:65',
    ],
    [
      'an input that is ours',
      SMALL.replace('production }', 'production, inputs: { ops_commit: x } }'),
      'error input-reserved 6:39',
    ],
    [
      'an input that is ours in an environment',
      `${SMALL}environments: { staging: { branches: { main: { inputs: { ops_build_id: x } } } } }\n`,
      'error input-reserved 7:58',
    ],
    [
      'more inputs than GitHub takes',
      SMALL.replace(
        'production }',
        `production, inputs: { ${Array.from({ length: 23 }, (_, n) => `i${n}: x`).join(', ')} } }`,
      ),
      'error too-many-inputs 6:29',
    ],
    [
      'an environment nobody declares',
      `${SMALL}environments: { stagin: {} }\n`,
      'error environment-undeclared 7:17',
    ],
    [
      'a branch of an environment the project has not',
      `${SMALL}environments: { staging: { branches: { mian: {} } } }\n`,
      'error branch-undeclared 7:40',
    ],
    [
      'no workflow where an environment dispatches',
      SMALL.replace('workflow: build.yml', 'dispatch: runners').concat(
        'environments: { staging: { dispatch: github } }\n',
      ),
      'error workflow-undeclared 7:17',
    ],
  ])('is found: %s', async (_, text, wanted) => {
    expect((await said(text)).map(([where]) => where)).toEqual([wanted]);
  });

  it('does not need a workflow where runners of our own build', async () => {
    expect(await said(SMALL.replace('workflow: build.yml', 'dispatch: runners'))).toEqual([]);
  });
});

describe('a project of the repository its file lies in', () => {
  it('is compared with the workflow, which here has all it needs', async () => {
    expect(await said(TOLD, OWN)).toEqual([]);
  });

  const wrong = (from: string | RegExp, to: string) => ({
    ...OWN,
    '.github/workflows/build.yml': WORKFLOW.replace(from, to),
  });
  it.each([
    ['no such workflow', TOLD, { '.git/config': ORIGIN }, 'error workflow-missing 4:11'],
    [
      'a workflow nobody can dispatch',
      TOLD,
      wrong(/ {2}workflow_dispatch:[\s\S]*required: true\n(?=permissions)/, ''),
      'error workflow-closed 4:11',
    ],
    [
      'a workflow without the id of the build',
      TOLD,
      wrong(/ +ops_build_id: .*\n/, ''),
      'error workflow-lacks-input 4:11',
    ],
    [
      'a workflow that builds no certain commit',
      TOLD,
      wrong(/ +ops_commit: .*\n/, ''),
      'warning workflow-lacks-input 4:11',
    ],
    ['a run nobody finds again', TOLD, wrong(/ attempt .*/, ''), 'error workflow-run-name 4:11'],
    [
      'an input the workflow does not know',
      TOLD.replace('deploy_to:', 'verbose: "1", deploy_to:'),
      OWN,
      'error input-unknown 6:39',
    ],
    [
      'a choice the workflow does not offer',
      TOLD.replace('deploy_to: production', 'deploy_to: prod'),
      OWN,
      'error input-choice 6:50',
    ],
    ['an input nobody tells', SMALL, OWN, 'error input-missing 6:3'],
    [
      'a GitHub environment nobody declares',
      TOLD.replace('{ lane', '{ environment: productoin, lane'),
      OWN,
      'warning github-environment-undeclared 6:24',
    ],
    [
      'an environment that leads to another workflow',
      `${TOLD}environments: { staging: { workflow: other.yml } }\n`,
      OWN,
      'error workflow-missing 7:17',
    ],
  ])('is told of %s', async (_, text, files, wanted) => {
    expect((await said(text, files)).map(([where]) => where)).toEqual([wanted]);
  });

  it('is not held to what cannot be known: other repositories, no remote, workflows beyond us', async () => {
    const alias = WORKFLOW.replace('on:\n', 'on: &a\n').concat('x: *a\n');
    expect(await said(SMALL.replace('acme/shop', 'acme/other'), OWN)).toEqual([]);
    expect(await said(SMALL, { '.git/config': '[core]\n' })).toEqual([]);
    expect(await said(SMALL, { '.git/config': ORIGIN.replace('origin', 'upstream') })).toEqual([]);
    expect(await said(SMALL, { ...OWN, '.github/workflows/build.yml': alias })).toEqual([]);
    expect(await said(SMALL, { ...OWN, '.github/workflows/build.yml': '- no\n- workflow\n' })).toEqual([]);
  });
});

it.each([
  ['acme/shop', 'acme/shop'],
  ['https://github.com/acme/shop', 'acme/shop'],
  ['https://github.com/acme/shop.git/', 'acme/shop'],
  ['git@github.com:acme/shop.git', 'acme/shop'],
])('%s is the repository %s', (address, name) => {
  expect(repositoryName(address)).toBe(name);
});

it("this repository's own project fits its own workflow", async () => {
  const disk = diskReader(ROOT);
  const origin = new TextEncoder().encode(ORIGIN.replace('Acme/shop', 'acme/ops'));
  const load = (more: Readonly<Record<string, string>> = {}) =>
    loadDeclarations({
      root: ROOT,
      read: {
        list: disk.list,
        read: (path) => {
          const planted = more[path];
          if (path === '.git/config') return origin;
          return planted === undefined ? disk.read(path) : new TextEncoder().encode(planted);
        },
      },
    });
  expect((await load()).diagnostics).toEqual([]);

  const changed = await load({ '.github/workflows/build.yml': WORKFLOW.replace('production]', 'live]') });
  expect(changed.diagnostics.map(({ code }) => code)).toEqual(['input-choice']);
});
