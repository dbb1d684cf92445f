import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GitHubStandIn } from '../../local/github/server.ts';
import { putTree } from '../../local/github/state/git-objects.ts';
import { repository as at, startRepository, statusOf, workflowClient } from './github/fixture.ts';

let github: GitHubStandIn;

beforeAll(async () => {
  github = await startRepository();
});

afterAll(() => github.stop());

const rest = () => workflowClient(github, { contents: 'write' });
const head = (branch = 'main') => github.store.branches.get(branch) ?? '';
const text = async (path: string, ref = 'main') => {
  const { data } = await rest().repos.getContent({ ...at, path, ref });
  return Array.isArray(data) || !('content' in data)
    ? null
    : Buffer.from(data.content, 'base64').toString('utf8');
};

describe('git', () => {
  it('names objects as git does', async () => {
    // printf 'hello\n' | git hash-object --stdin; git hash-object -t tree /dev/null; the tree of one file `hello`.
    const { data: blob } = await rest().git.createBlob({ ...at, content: 'aGVsbG8K', encoding: 'base64' });

    expect(blob.sha).toBe('ce013625030ba8dba906f756967f9e9ca394464a');
    expect(putTree(github.store, [])).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904');
    const { data: tree } = await rest().git.createTree({
      ...at,
      tree: [{ path: 'hello', mode: '100644', type: 'blob', sha: blob.sha }],
    });
    expect(tree.sha).toBe('b4d01e9b0c4a9356736dfddf8830ba9a54f5271c');
    const { data: commit } = await rest().git.createCommit({
      ...at,
      message: 'Say hello\n',
      tree: tree.sha,
      parents: [],
      author: { name: 'Alice', email: 'alice@example.test', date: '2026-11-21T08:00:00Z' },
    });
    expect(commit.sha).toBe('f396099552e2e35d1cc88fcb8d4db51026d7de95');
  });

  it('moves branches forward only, unless forced, and tells it', async () => {
    const base = head();
    await rest().git.createRef({ ...at, ref: 'refs/heads/feature/a', sha: base });
    const { data: tree } = await rest().git.createTree({
      ...at,
      base_tree: base,
      tree: [
        { path: 'deep/er/new.txt', mode: '100644', type: 'blob', content: 'new\n' },
        { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      ],
    });
    const { data: commit } = await rest().git.createCommit({
      ...at,
      message: 'Go',
      tree: tree.sha,
      parents: [base],
    });
    const move = (sha: string, force = false) =>
      statusOf(rest().git.updateRef({ ...at, ref: 'heads/feature/a', sha, force }));

    expect(await move(commit.sha)).toBe(200);
    expect(await text('deep/er/new.txt', 'feature/a')).toBe('new\n');
    expect(await statusOf(rest().repos.getContent({ ...at, path: 'README.md', ref: 'feature/a' }))).toBe(404);
    expect([await move(base), await move(base, true)]).toEqual([422, 200]);
    const pushes = github.events.filter(({ name, ref }) => name === 'push' && ref === 'refs/heads/feature/a');
    expect(pushes.map(({ payload }) => [payload.created, payload.forced, payload.before])).toEqual([
      [true, false, '0'.repeat(40)],
      [false, false, base],
      [false, true, commit.sha],
    ]);
    expect(pushes[1]?.payload.commits).toMatchObject([
      { added: ['deep/er/new.txt'], removed: ['README.md'] },
    ]);
  });

  it.each<[string, object]>([
    ['a ref that is there', { ref: 'refs/heads/main', sha: null }],
    ['a ref without its folder', { ref: 'main', sha: null }],
    ['a name git would not take', { ref: 'refs/heads/a..b', sha: null }],
    ['a commit that is not there', { ref: 'refs/heads/b', sha: 'f'.repeat(40) }],
  ])('refuses %s', async (_, ref) => {
    expect(await statusOf(rest().git.createRef({ ...at, sha: head(), ref: '', ...clean(ref) }))).toBe(422);
  });

  function clean(ref: object): object {
    return Object.fromEntries(Object.entries(ref).filter(([, value]) => value !== null));
  }

  it('reads folders, files with odd names, and bytes', async () => {
    const { data: root } = await rest().repos.getContent({ ...at, path: '' });
    const { data: raw } = await rest().repos.getContent({
      ...at,
      path: 'docs/a b.md',
      mediaType: { format: 'raw' },
    });

    expect(root).toMatchObject([
      { name: '.github', type: 'dir' },
      { name: 'README.md', type: 'file', size: 6 },
      { name: 'docs', type: 'dir' },
    ]);
    expect(raw).toBe('x\n');
  });

  it('writes a file only over what the writer has seen', async () => {
    const write = (more: object) =>
      statusOf(
        rest().repos.createOrUpdateFileContents({
          ...at,
          path: 'docs/new.md',
          message: 'Write',
          content: Buffer.from(`${JSON.stringify(more)}\n`).toString('base64'),
          ...more,
        }),
      );
    expect(await write({})).toBe(201);
    const { data } = await rest().repos.getContent({ ...at, path: 'docs/new.md' });
    const sha = Array.isArray(data) ? '' : data.sha;

    expect([await write({}), await write({ sha: 'f'.repeat(40) }), await write({ sha })]).toEqual([
      422, 409, 200,
    ]);
    expect(await write({ branch: 'nowhere' })).toBe(404);
  });

  it('compares two commits from where they parted', async () => {
    const base = head();
    const alice = github.as('alice');
    alice.push({ branch: 'left', files: { left: '1' } });
    alice.push({ branch: 'right', files: { right: '1' } });
    alice.push({ branch: 'right', files: { right: '2' } });
    const { data } = await rest().repos.compareCommitsWithBasehead({ ...at, basehead: 'left...right' });

    expect(data).toMatchObject({
      status: 'diverged',
      ahead_by: 2,
      behind_by: 1,
      merge_base_commit: { sha: base },
      files: [{ filename: 'right' }],
    });
  });

  it('never broke the description while all this happened', () => {
    expect(github.violations).toEqual([]);
  });
});
