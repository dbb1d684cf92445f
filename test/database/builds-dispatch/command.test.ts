import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../../actions/cli.ts';
import { type DispatchWorld, ENVIRONMENTS, startDispatchWorld } from './github-world.ts';

let world: DispatchWorld;
const root = mkdtempSync(path.join(tmpdir(), 'opsroom-build-'));
let out = '';
let err = '';

beforeAll(async () => {
  world = await startDispatchWorld(import.meta.url);
  mkdirSync(path.join(root, 'runbooks'));
  writeFileSync(path.join(root, 'runbooks/environments.yaml'), ENVIRONMENTS);
});
afterAll(async () => {
  rmSync(root, { recursive: true });
  await world.stop();
});
beforeEach(async () => {
  await world.forget();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  vi.stubEnv('OPS_PRODUCTION_DATABASE_URL', world.database.url);
  vi.stubEnv('GITHUB_API_URL', world.github.apiUrl);
  vi.stubEnv('GITHUB_TOKEN', '');
  vi.stubEnv('GH_TOKEN', '');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function opsroom(...args: readonly string[]): Promise<number> {
  out = '';
  err = '';
  return runCli([...args, '--root', root, '-e', 'production', '--as', 'alice']);
}
const withToken = () => vi.stubEnv('GH_TOKEN', world.token);
const builds = async () =>
  (
    await world.database.sql`
      select id, status, trigger, actor, commit_sha, inputs, attempt from ops.builds order by id`
  ).map((row) => ({ ...row }));
async function onlyBuild(): Promise<string> {
  const all = await builds();
  expect(all).toHaveLength(1);
  return String(all[0]?.id);
}
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain; ${out} ${err}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
/** What a run of the build would write. */
async function work(id: string, status: string, run: number): Promise<void> {
  const [lease] = await world.service`
    select attempt, lease_token from ops.start_build_run(${id}, ${run}, 1, 'runner')`;
  await world.service`
    select ops.append_build_events(${id}, ${lease?.attempt}, 1, ${'compiling\ndone'}, ${lease?.lease_token})`;
  await world.service`select ops.set_build_status(${id}, ${status}, ${lease?.lease_token}, ${lease?.attempt})`;
}
async function verified(sha: string, status = 'succeeded'): Promise<void> {
  const [made] = await world.service`
    select build_id from ops.create_build(${world.org.production}, 'push', p_commit_sha => ${sha})`;
  await work(made?.build_id, status, Number(BigInt(`0x${sha.slice(0, 8)}`)));
}

describe('opsroom build', () => {
  it('without a token asks for the build, and says when it begins and how to make that now', async () => {
    expect(await opsroom('build', 'app', 'staging', '--commit', 'abcdef1', '--input', 'colour=blue')).toBe(0);
    expect(await builds()).toMatchObject([
      {
        status: 'queued',
        trigger: 'manual',
        actor: 'alice',
        commit_sha: 'abcdef1',
        inputs: { colour: 'blue' },
      },
    ]);
    expect(out).toContain(`build ${await onlyBuild()}  acme/app staging (staging)`);
    expect(out).toContain('gh workflow run dispatch-builds.yml -f environment=production');
    expect(world.github.calls.filter(({ operation }) => operation.includes('dispatch'))).toEqual([]);
  });

  it('with a token starts its own build at once, and nobody else', async () => {
    expect(await opsroom('build', 'app', 'staging')).toBe(0);
    const other = await onlyBuild();
    withToken();
    expect(await opsroom('build', 'acme/app', '--format', 'json')).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ project: 'acme/app', branch: 'main', status: 'dispatched', error: null });
    expect(told.runUrl).toContain('/actions/runs/');
    expect(world.runsOf(told.buildId)).toHaveLength(1);
    expect(world.runsOf(other)).toHaveLength(0);
    expect(out + err).not.toContain(world.token);
  });

  it('asked again with the same key is the same build', async () => {
    withToken();
    for (let time = 0; time < 3; time += 1)
      expect(await opsroom('build', 'app', '--idempotency-key', 'release-1')).toBe(0);
    expect(world.runsOf(await onlyBuild())).toHaveLength(1);
  });

  it('says which build it waits behind', async () => {
    withToken();
    await opsroom('build', 'app');
    const first = await onlyBuild();
    expect(await opsroom('build', 'app')).toBe(0);
    expect(out).toContain(`It waits for build ${first} of the same branch.`);
  });

  it('fails in the words of GitHub when it refuses', async () => {
    withToken();
    expect(await opsroom('build', 'app', '--input', 'colour=green')).toBe(1);
    expect(out).toMatch(/It is failed: GitHub refused the dispatch: .*'green'/);
  });

  it('with a token that may not says so, and the build stands', async () => {
    vi.stubEnv('GITHUB_TOKEN', 'not-a-token');
    expect(await opsroom('build', 'app')).toBe(0);
    expect(out).toMatch(/GitHub has not taken it: Bad credentials.*It is told again/);
    expect(await builds()).toMatchObject([{ status: 'dispatched' }]);
  });

  it('an answer that was lost is no failure, and the next look finds the run', async () => {
    withToken();
    world.github.fail({ operation: 'actions/create-workflow-dispatch', kind: 'lost_answer', times: 1 });
    expect(await opsroom('build', 'app', '--idempotency-key', 'once')).toBe(0);
    expect(out).toContain('It is on its way to GitHub');
    await world.pass(0);
    expect(await opsroom('build', 'app', '--idempotency-key', 'once')).toBe(0);
    expect(out).toContain('started on GitHub');
    expect(world.runsOf(await onlyBuild())).toHaveLength(1);
  });

  it.each([
    [['shop'], 'There is no project shop.', 'Projects are declared in runbooks/projects/'],
    [['app', 'nowhere'], 'Project app has no branch nowhere.', 'Name one of: main, staging, dev.'],
  ])('%j: %s', async (names, message, hint) => {
    expect(await opsroom('build', ...names)).toBe(1);
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain(hint);
    expect(await builds()).toEqual([]);
  });

  it.each([
    ['--input', 'colour'],
    ['--commit', 'HEAD'],
  ])('refuses %s %s', async (option, value) => {
    expect(await opsroom('build', 'app', option, value)).toBe(1);
    expect(await builds()).toEqual([]);
  });

  it.each([
    ['succeeded', 0],
    ['failed', 1],
  ])('--follow shows its log and ends as it does: %s is %i', async (status, code) => {
    withToken();
    const ended = opsroom('build', 'app', '--follow');
    await until(() => out.includes('started on GitHub'));
    const id = await onlyBuild();
    await work(id, status, world.runsOf(id)[0]?.id ?? 0);
    expect(await ended).toBe(code);
    expect(out).toMatch(/compiling\n[\s\S]*done\n/);
  });

  it('--wait says only how it ended', async () => {
    const ended = opsroom('build', 'app', '--wait');
    await until(() => out.includes('It waits'));
    await work(await onlyBuild(), 'failed', 4711);
    expect(await ended).toBe(1);
    expect(out).toContain('It failed');
    expect(out).not.toContain('compiling');
  });
});

describe('opsroom build cancel and retry', () => {
  it('stop a build that waits, and try it again as it was asked for', async () => {
    await opsroom('build', 'app');
    const id = await onlyBuild();
    expect(await opsroom('build', 'cancel', id.slice(-12), 'not', 'now')).toBe(0);
    expect(out).toContain('It is cancelled.');
    expect(await opsroom('build', 'cancel', id)).toBe(1);
    expect(out).toContain('It had ended: cancelled.');
    withToken();
    expect(await opsroom('build', 'retry', id)).toBe(0);
    expect(await builds()).toMatchObject([{ status: 'dispatched', attempt: 1 }]);
    expect(await opsroom('build', 'retry', id)).toBe(1);
    expect(err).toContain('only one that failed, was cancelled or lost is tried again');
    expect(await opsroom('build', 'cancel', id, '--format', 'json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ done: true, state: 'cancelling', buildId: id });
  });
});

describe('opsroom rollback', () => {
  it('builds the last verified commit again, and says what it takes the place of', async () => {
    expect(await opsroom('rollback', 'app')).toBe(1);
    expect(err).toContain('no verified commit to go back to');
    await verified('1'.repeat(40));
    await verified('2'.repeat(40), 'failed');
    withToken();
    expect(await opsroom('rollback', 'app')).toBe(0);
    expect(out).toContain('Back to 111111111111 from 222222222222.');
    const [, , back] = await builds();
    expect(back).toMatchObject({ trigger: 'rollback', actor: 'alice', commit_sha: '1'.repeat(40) });
    const [run] = world.runsOf(String(back?.id));
    expect(run?.inputs).toMatchObject({ ops_commit: '1'.repeat(40) });
    expect(await opsroom('rollback', 'app', 'main', '--format', 'json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ buildId: back?.id, replaces: '2'.repeat(40) });
  });
});
