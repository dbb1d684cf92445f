import { describe, expect, it } from 'vitest';
import type { ProjectDefinition } from '../../../actions/_shared/declare/model.ts';
import { parseProject, projectFields } from '../../../actions/_shared/reconcile/project-fields.ts';
import { projectRisks } from '../../../actions/_shared/reconcile/project-risks.ts';

type Branch = ProjectDefinition['branches'][string];

const main: Branch = {
  lane: 'production',
  workflow: null,
  environment: 'production',
  inputs: {},
  manual: true,
  one_at_a_time: true,
  cancel_superseded: false,
  stop_superseded: false,
  waiting_limit: null,
};
const shop: ProjectDefinition = {
  title: 'shop',
  description: null,
  owner: null,
  repository: 'acme/shop',
  workflow: 'build.yml',
  dispatch: true,
  runtime_version: null,
  keep_seconds: 90_000,
  branches: { main, dev: { ...main, lane: 'development', manual: false } },
};

describe('what to weigh about a project', () => {
  it.each<[string, Partial<ProjectDefinition>, string[]]>([
    ['nothing about a title', { title: 'Shop' }, []],
    ['a branch that goes', { branches: { main } }, ['archives-branch']],
    [
      'production that any push builds',
      { branches: { ...shop.branches, main: { ...main, manual: false } } },
      ['builds-unasked'],
    ],
    [
      'production nobody approves',
      { branches: { ...shop.branches, main: { ...main, environment: null } } },
      ['unguarded'],
    ],
    [
      'nothing about the same in development',
      { branches: { main, dev: { ...main, lane: 'development', environment: null } } },
      [],
    ],
    ['another repository', { repository: 'acme/other' }, ['moves-repository']],
    ['other builders', { dispatch: false }, ['changes-builder']],
  ])('is %s', (_, changes, codes) => {
    expect(projectRisks(shop, { ...shop, ...changes }).map(({ code }) => code)).toEqual(codes);
  });

  it('is that it is archived, and nothing when it is new', () => {
    expect(projectRisks(shop, undefined)).toMatchObject([{ severity: 'danger', code: 'archives-project' }]);
    expect(projectRisks(undefined, shop)).toEqual([]);
  });
});

describe('the fields of a project', () => {
  it('are those of its file, without what is as it comes', () => {
    expect(projectFields({ ...shop, branches: { main } })).toEqual({
      title: 'shop',
      repository: 'acme/shop',
      workflow: 'build.yml',
      dispatch: 'github',
      keep: '1d1h',
      'branches.main.lane': 'production',
      'branches.main.environment': 'production',
      'branches.main.manual': true,
    });
  });

  it('show no secret somebody wrote into a row', () => {
    const live = parseProject(
      JSON.stringify({
        ...shop,
        repository: 'https://me:hidden-password@github.com/acme/shop',
        branches: { main: { ...main, inputs: { api_token: 'hidden-token-value' } } },
      }),
    );
    const text = JSON.stringify(projectFields(live));
    expect(text).not.toContain('hidden');
    expect(text).toContain('[redacted]');
  });
});
