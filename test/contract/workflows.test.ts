import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadDeclarations } from '../../actions/_shared/declare/load.ts';
import { watchedPaths } from '../../actions/reconcile/commit-standing.ts';
import { actionNames, root } from './action-metadata.ts';
import { loadValidator, type Validate } from './language-service.ts';
import { RULES, readWorkflow } from './workflow-rules.ts';

const folder = '.github/workflows';
const workflows = readdirSync(path.join(root, folder)).sort();

function textOf(file: string): string {
  return readFileSync(path.join(root, folder, file), 'utf8');
}

/** Opens the Management API; no secret of the project behind it. */
const ACCESS_TOKEN = 'SUPABASE_ACCESS_TOKEN';

let validate: Validate;
let declaredSecrets: string[];
let connections: Readonly<Record<string, string>>;

beforeAll(async () => {
  const declarations = await loadDeclarations({ root, cache: false });
  const watched = declarations.environments.filter((environment) => environment.lane !== 'development');
  connections = Object.fromEntries(watched.map(({ name, connectionEnv }) => [name, connectionEnv]));
  declaredSecrets = [
    ...new Set(
      watched.flatMap(({ name }) => declarations.resolve(name).secrets.map((secret) => secret.valueEnv)),
    ),
  ].sort();
  validate = await loadValidator([
    ...declaredSecrets,
    ...declarations.environments.map(({ connectionEnv }) => connectionEnv),
    ACCESS_TOKEN,
  ]);
}, 60_000);

describe("GitHub's own validator", () => {
  it.each(workflows)('finds nothing in %s', async (file) => {
    expect(await validate(`${folder}/${file}`)).toEqual([]);
  });

  it.each(actionNames())('finds nothing in the action.yml of %s', async (name) => {
    expect(await validate(`actions/${name}/action.yml`)).toEqual([]);
  });

  it.each([
    [
      'an input our action does not have',
      '          environment: staging\n',
      '          enviroment: staging\n',
      /enviroment/,
    ],
    [
      'an expression that does not parse',
      `\${{ inputs.prune || 'false' }}`,
      `\${{ inputs.prune || }}`,
      /Unexpected|expression/i,
    ],
    ['a secret nobody declared', 'secrets.OPS_ANON_KEY', 'secrets.OPS_ANNON_KEY', /OPS_ANNON_KEY/],
    ['a job that does not exist', 'needs: staging', 'needs: stagging', /stagging/],
    [
      'queue: max together with cancelling',
      'cancel-in-progress: false',
      'cancel-in-progress: true',
      /queue|cancel/,
    ],
  ])('would find %s', async (_what, right, wrong, words) => {
    const text = textOf('reconcile.yml');
    expect(text).toContain(right);

    const problems = await validate(`${folder}/reconcile.yml`, text.replaceAll(right, wrong));

    expect(problems.map(({ message }) => message).join('\n')).toMatch(words);
  });
});

describe.each(RULES)('$name', ({ find }) => {
  it.each(workflows)('finds nothing in %s', (file) => {
    expect(find(readWorkflow(textOf(file)))).toEqual([]);
  });
});

describe('the rules', () => {
  const good = textOf('reconcile.yml');

  it.each([
    ['unpinned-uses', /actions\/checkout@\S+/, 'actions/checkout@v6'],
    ['unpinned-images', 'runs-on: ubuntu-24.04', 'runs-on: ubuntu-24.04\n    container: debian:12'],
    ['ref-version-mismatch', ' # v6.0.2', ''],
    ['template-injection', 'uses: $/actions/reconcile', `run: echo \${{ github.head_ref }}`],
    ['excessive-permissions', 'permissions: {}', 'permissions: read-all'],
    ['undocumented-permissions', ' # check out, and ask whether main moved on', ''],
    ['dangerous-triggers', '  push:', '  pull_request_target:'],
    ['artipacked', 'persist-credentials: false', 'persist-credentials: true'],
    ['secrets-outside-env', '    environment: staging\n', ''],
    ['overprovisioned-secrets', `\${{ secrets.OPS_ANON_KEY }}`, `\${{ toJSON(secrets) }}`],
    ['self-repository', '$/actions', './actions'],
    ['unsound-contains', "inputs.environment == 'staging'", "contains('staging', inputs.environment)"],
    ['bot-conditions', "inputs.environment == 'staging'", "github.actor == 'dependabot[bot]'"],
    ['github-env', 'uses: $/actions/reconcile', 'run: echo x >> "$GITHUB_ENV"'],
    ['adhoc-packages', 'uses: $/actions/reconcile', 'run: npm install left-pad'],
    ['concurrency-limits', /concurrency:\n( {6}.*\n)+/, ''],
    ['ours: timeout', '    timeout-minutes: 15\n', ''],
    ['ours: comment that eats an expression', /run-name: .*/, `run-name: build #\${{ inputs.environment }}`],
    ['ours: no button', 'workflow_dispatch:', 'repository_dispatch:'],
  ])('%s has teeth', (name, from, to) => {
    const rule = RULES.find((each) => each.name === name);
    const bad = good.replace(from, to);

    expect(bad).not.toBe(good);
    expect(rule?.find(readWorkflow(bad))).not.toEqual([]);
  });

  it('are each shown to have teeth', () => {
    expect(RULES).toHaveLength(19);
  });
});

const Steps = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      steps: z.array(
        z.object({ uses: z.string().optional(), env: z.record(z.string(), z.string()).optional() }),
      ),
    }),
  ),
});

describe('what the workflows hand over', () => {
  it('reconcile passes the connection, the access token and every declared secret, each from the GitHub environment', () => {
    const { jobs } = Steps.parse(parse(textOf('reconcile.yml')));
    for (const [environment, connection] of Object.entries(connections)) {
      const step = jobs[environment]?.steps.find(({ uses }) => uses === '$/actions/reconcile');
      const expected = [connection, ACCESS_TOKEN, ...declaredSecrets].map((name) => [
        name,
        `\${{ secrets.${name} }}`,
      ]);

      expect(step?.env, environment).toEqual(Object.fromEntries(expected));
    }
  });

  it('reconcile runs for every change that supersedes an older run, and for no other', () => {
    const file = `${folder}/reconcile.yml`;
    const { paths } = z
      .object({ on: z.object({ push: z.object({ paths: z.array(z.string()) }) }) })
      .parse(parse(textOf('reconcile.yml'))).on.push;

    expect(paths.sort()).toEqual(
      watchedPaths('.', file)
        .map((each) => (each.endsWith('/') ? `${each}**` : each))
        .sort(),
    );
  });

  it.each(['plan', 'drift'])('%s gets connections, an access token and no secret of a job', (name) => {
    const { jobs } = Steps.parse(parse(textOf(`${name}.yml`)));
    const given = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap(({ env }) => Object.values(env ?? {})),
    );
    const secrets = given.flatMap((value) => /secrets\.(\w+)/.exec(value)?.[1] ?? []);

    expect(secrets.sort()).toEqual([...Object.values(connections), ACCESS_TOKEN].sort());
  });

  it('offers every environment on every button', () => {
    for (const name of ['plan', 'reconcile', 'drift']) {
      const options = z
        .object({
          on: z.object({
            workflow_dispatch: z.object({
              inputs: z.object({
                environment: z.object({ type: z.literal('choice'), options: z.array(z.string()) }),
              }),
            }),
          }),
        })
        .parse(parse(textOf(`${name}.yml`))).on.workflow_dispatch.inputs.environment.options;
      expect(options.filter((option) => option !== 'all').sort()).toEqual(Object.keys(connections).sort());
    }
  });
});
