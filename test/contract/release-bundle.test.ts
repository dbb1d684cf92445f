import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSingleShotClient } from '../../actions/_shared/github/single-shot-client.ts';
import { bringRelease } from '../../actions/release-bundle/bring-release.ts';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { lineage, resolveCommit } from '../../local/github/state/commits.ts';
import { listFiles } from '../../local/github/state/git-objects.ts';

let github: GitHubStandIn;
let first = '';
let second = '';
let third = '';

beforeAll(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  github.addUser({ login: 'alice', role: 'admin' });
  const push = (text: string) =>
    github.as('alice').push({
      files: {
        'actions/dist/index.js': text,
        'actions/plan/action.yml': 'name: plan\n',
        '.github/workflows/x.yml': `name: ${text}\non: push\njobs: {}\n`,
        'README.md': text,
      },
    }).sha;
  first = push('one');
  second = push('two');
  third = push('three');
});
afterAll(() => github.stop());
beforeEach(() => void github.store.branches.delete('release/staging'));

const bring = (
  source: string,
  permissions: Readonly<Record<string, 'read' | 'write'>> = { contents: 'write' },
) =>
  bringRelease(
    createSingleShotClient({
      token: github.issueToken({ permissions, kind: 'workflow' }),
      apiUrl: github.apiUrl,
      owner: 'acme',
      repo: 'ops',
    }),
    { environment: 'staging', source, runUrl: 'https://github.com/acme/ops/actions/runs/1', pauseMs: 1 },
  );

/** Commits of the branch, newest first, by what they say they are made of. */
const history = () =>
  lineage(github.store, resolveCommit(github.store, 'release/staging')?.sha ?? '').map(
    ({ message }) => /^Source: (.*)$/m.exec(message)?.[1],
  );

describe('a release', () => {
  it('is a commit with the actions and nothing else, on top of the one before', async () => {
    const one = await bring(first);
    const two = await bring(second);

    expect([one, two]).toMatchObject([
      { moved: true, former: null },
      { moved: true, former: first },
    ]);
    expect(history()).toEqual([second, first]);
    const files = listFiles(github.store, resolveCommit(github.store, two.release)?.tree ?? '');
    expect(files.map(({ path }) => path)).toEqual(['actions/dist/index.js', 'actions/plan/action.yml']);
    expect(github.violations).toEqual([]);
  });

  it('that is there already is left alone, and going back is one more', async () => {
    await bring(first);
    expect(await bring(first)).toMatchObject({ moved: false });
    await bring(second);
    await bring(first);
    expect(history()).toEqual([first, second, first]);
  });

  it.each([
    ['git/create-ref', 'lost_answer'],
    ['git/create-ref', 'lost_request'],
    ['git/create-tree', 'bad_gateway'],
    ['git/create-commit', 'bad_gateway_after_write'],
  ] as const)('comes about once although GitHub fails: %s, %s', async (operation, kind) => {
    github.fail({ operation, kind, times: 1 });
    expect(await bring(first)).toMatchObject({
      release: resolveCommit(github.store, 'release/staging')?.sha,
    });
    expect(history()).toEqual([first]);
  });

  it('gives up in the end', async () => {
    github.fail({ operation: 'git/create-tree', kind: 'bad_gateway', times: 3 });
    await expect(bring(first)).rejects.toMatchObject({ status: 502 });
    expect(history()).toEqual([]);
  });

  it('never takes back what somebody else released in the same moment', async () => {
    await bring(first);
    const results = await Promise.allSettled([second, third, second, third].map((source) => bring(source)));

    const there = lineage(github.store, github.store.branches.get('release/staging') ?? '').map(
      ({ sha }) => sha,
    );
    const releases = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value.release] : [],
    );
    expect(there).toEqual(expect.arrayContaining(releases));
    expect(releases).not.toEqual([]);
    const refusals = results.flatMap((result) =>
      result.status === 'rejected' ? [String(result.reason)] : [],
    );
    for (const refusal of refusals) expect(refusal).toContain('Somebody else moved release/staging');
  });

  it.each<[string, string, Readonly<Record<string, 'read' | 'write'>>, RegExp]>([
    ['a commit that is not there', 'f'.repeat(40), { contents: 'write' }, /has no commit/],
    ['a token that may only read', 'first', { contents: 'read' }, /not accessible/],
  ])('needs more than %s', async (_what, source, permissions, words) => {
    await expect(bring(source === 'first' ? first : source, permissions)).rejects.toThrow(words);
  });
});
