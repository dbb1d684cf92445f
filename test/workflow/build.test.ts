/** The real build.yml, from a trigger in the database to what stands in the database and on GitHub when all is over. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../actions/_shared/builds/reading/build.ts';
import { followLog } from '../../actions/_shared/builds/reading/follow-log.ts';
import { buildChannel, listenForNews } from '../../actions/_shared/builds/reading/news.ts';
import { commitFiles } from '../../local/github/state/commits.ts';
import { serveRecordFunction } from '../support/record-function.ts';
import { declareProject, smallBundle } from '../support/small-bundle.ts';
import { type BuildWatch, until, watchBuilds } from '../support/watch-builds.ts';
import { jobOf, logOf, startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';

let world: WorkflowWorld;
let watch: BuildWatch;
/** The commit that was in production before, and the one that comes. */
let former = '';
let newest = '';

beforeAll(async () => {
  world = await startWorkflowWorld({
    file: import.meta.url,
    files: smallBundle('former\n'),
    environments: { production: { reviewers: [{ user: 'bob' }], branches: ['main'] } },
    engine: { parallel: 6, patience: { interruptMs: 500, terminateMs: 500 } },
  });
  watch = watchBuilds(world);
  await serveRecordFunction(world);
  const production = { lane: 'production', deployTo: 'production' } as const;
  const staging = { lane: 'staging', deployTo: 'staging' } as const;
  const nowhere = { lane: 'development', deployTo: 'nothing' } as const;
  const others = { big: nowhere, stale: staging, slow: staging, dying: staging };
  await declareProject(world, 'acme/bundle', { main: production, ...others });
  await declareProject(world, 'acme/second', { main: production });
  const { store } = world.github;
  former = store.branches.get('main') ?? '';
  const branches = {
    main: smallBundle('newest\n'),
    big: { 'actions/dist/big.bin': '0'.repeat(7_000_000) },
    stale: smallBundle('newest\n', { committed: 'old\n' }),
    slow: smallBundle('newest\n', { isSlow: true }),
    dying: smallBundle('newest\n', { isSlow: true }),
  };
  for (const [branch, files] of Object.entries(branches)) {
    commitFiles(store, { branch, files, login: 'alice' });
  }
  newest = store.branches.get('main') ?? '';
}, 60_000);
afterAll(() => world.stop());

describe('a build that goes well', () => {
  let id = '';

  it('goes from its trigger to production in one run, and is read while it runs', async () => {
    const { sql, url } = world.database;
    id = await watch.trigger('bundle', 'main');
    const seen: { readonly event: LogEvent; readonly jobIsOver: boolean }[] = [];
    const news = await listenForNews(url, buildChannel(id));
    const following = followLog({
      sql,
      buildId: id,
      follow: true,
      news,
      onEvents: (events) => {
        const jobIsOver = watch.runOf(id)?.jobs[0]?.conclusion !== null;
        seen.push(...events.map((event) => ({ event, jobIsOver })));
      },
    });
    watch.dispatchRound();
    await until('it waits for approval', () => watch.waitsForApproval(id));

    expect(await watch.build(id)).toMatchObject({ status: 'running', error: null });
    expect(await watch.deployments(id)).toEqual(['staging success']);
    expect([watch.released('staging')?.source, watch.released('production')]).toEqual([newest, null]);
    const run = watch.runOf(id)?.id ?? 0;
    for (const person of [world.mallory, world.alice]) expect(() => person.approve(run)).toThrow();
    world.bob.approve(run);
    expect(await following).toBe('succeeded');
    await news.close();
    await world.engine.idle();

    expect(watch.runOf(id)?.conclusion, logOf(watch.runOf(id))).toBe('success');
    const lines = seen.filter(({ event }) => event.attempt === 1);
    const steps = ['install', 'types', 'compile', 'bundle', 'licenses', 'done, 7 characters'];
    expect(lines.map(({ event }) => event.message).filter((line) => line.startsWith('build: '))).toEqual(
      steps.map((step) => `build: ${step}`),
    );
    expect(lines.map(({ event }) => event.seq)).toEqual(lines.map((_, at) => at + 1));
    expect(lines.find(({ event }) => event.message === 'build: install')?.jobIsOver).toBe(false);
    expect(world.github.violations).toEqual([]);
  }, 60_000);

  it('leaves behind its commit, its artifact, its metrics, and how its branch is', async () => {
    const { sql } = world.database;
    const url = 'https://github.com/acme/ops/tree/release/production';
    expect(await watch.build(id)).toEqual({
      status: 'succeeded',
      error: null,
      commit_sha: newest,
      environment_url: url,
    });
    const artifact = [...world.github.store.artifacts.values()].find(({ name }) => name === 'bundle');
    const artifacts =
      await sql`select name, url, sha256, size_bytes::int as size from ops.build_artifacts(${id})`;
    expect(artifacts).toEqual([
      {
        name: 'bundle',
        url: `https://github.com/acme/ops/actions/runs/${artifact?.runId}/artifacts/${artifact?.id}`,
        sha256: createHash('sha256')
          .update(artifact?.content ?? '')
          .digest('hex'),
        size: artifact?.content.length,
      },
    ]);
    const metrics = await sql<{ metric: string; value: number }[]>`
      select metric, value from ops.metrics order by metric`;
    expect(metrics.map(({ metric }) => metric)).toEqual(['build_seconds', 'bundle_bytes']);
    expect(metrics[1]?.value).toBeGreaterThan(1_000_000);
    expect(
      await sql`
        select health, details #>> '{build,id}' as build, details #>> '{build,url}' as url from ops.monitoring`,
    ).toEqual([{ health: 'healthy', build: id, url }]);
  });

  it('is in both environments, here and on GitHub, as what other repositories get', async () => {
    const commits = await world.database.sql`select distinct commit_sha from ops.deployments`;
    expect(await watch.deployments(id)).toEqual(['staging success', 'production success']);
    expect(commits).toEqual([{ commit_sha: newest }]);
    for (const environment of ['staging', 'production']) {
      expect(watch.onGitHub(environment, newest)).toEqual(['success']);
      expect(watch.released(environment)).toEqual({ source: newest, stamp: 'newest\n', workflow: null });
    }
    const onGitHub = [...world.github.store.deployments.values()].map(
      ({ statuses }) => statuses.at(-1)?.environmentUrl,
    );
    const here = await world.database.sql`select environment_url as url from ops.deployments order by id`;
    expect(here.map(({ url }) => url)).toEqual(onGitHub.filter((url) => url?.includes('/release/')));
  });
});

describe('builds that fare otherwise, all at once', () => {
  const ids = { back: '', rejected: '', big: '', stale: '', slow: '', dying: '' };
  const endOf = async (name: keyof typeof ids) => {
    const { status, error } = await watch.build(ids[name]);
    return [status, error];
  };

  beforeAll(async () => {
    const { sql, superuser } = world.database;
    ids.rejected = await watch.trigger('second', 'main');
    for (const name of ['big', 'stale', 'slow', 'dying'] as const) {
      ids[name] = await watch.trigger('bundle', name);
    }
    // As if it had been built and released the day before.
    await superuser`
      insert into ops.builds (id, branch_id, trigger, status, attempt, commit_sha, finished_at)
      select ops.id_floor(now() - interval '1 day'), h.id, 'manual', 'succeeded', 1, ${former}, now() - interval '1 day'
      from ops.branches h join ops.projects p on p.id = h.project_id where p.slug = 'bundle' and h.name = 'main'`;
    const [back] = await sql`select build_id from ops.rollback_build('bundle', 'main', 'bob')`;
    ids.back = String(back?.build_id);
    watch.dispatchRound();

    await Promise.all([ids.slow, ids.dying].map((id) => watch.hasLine(id, 'build: install')));
    world.bob.cancel(watch.runOf(ids.slow)?.id ?? 0);
    world.engine.vanish(watch.runOf(ids.dying)?.id ?? 0);
    world.engine.giveUp(watch.runOf(ids.dying)?.id ?? 0);
    // One deploys to production at a time; which comes first is not ours to say.
    const answers = new Map([
      [ids.rejected, (run: number) => world.bob.reject(run, { comment: 'not on a Friday' })],
      [ids.back, (run: number) => world.bob.approve(run)],
    ]);
    await until('both were answered', () => {
      for (const [id, answer] of [...answers].filter(([each]) => watch.waitsForApproval(each))) {
        answer(watch.runOf(id)?.id ?? 0);
        answers.delete(id);
      }
      return answers.size === 0;
    });
    await world.engine.idle();
  }, 90_000);

  it('a rollback builds the last verified commit and releases it', async () => {
    expect(await endOf('back')).toEqual(['succeeded', null]);
    expect(await watch.build(ids.back)).toMatchObject({ commit_sha: former });
    expect(watch.released('production')).toMatchObject({ source: former, stamp: 'former\n' });
    expect(
      await world.database.sql`
        select build_id, commit_sha from ops.deployments where environment = 'production' and state = 'success'`,
    ).toEqual([{ build_id: ids.back, commit_sha: former }]);
  });

  it('warnings make it almost', async () => {
    expect(await endOf('big')).toEqual(['almost', null]);
  });

  it('a committed bundle that is another fails it, and the log says why', async () => {
    expect(await endOf('stale')).toEqual(['failed', 'the job failed; its log says where']);
    const errors = await world.database.sql`
      select message from ops.build_log_since(${ids.stale}) where level = 'error' and attempt = 1`;
    expect(errors.map(({ message }) => message).join('\n')).toContain(
      'actions/dist is not what the sources give',
    );
    expect(await watch.deployments(ids.stale)).toEqual([]);
  });

  it('a cancelled run says so itself', async () => {
    expect(await endOf('slow')).toEqual(['cancelled', null]);
    expect(jobOf(watch.runOf(ids.slow), 'build').log()).toContain(`build ${ids.slow} said is stored`);
  });

  it('what no job said any more, GitHub is asked for once the lease is over', async () => {
    expect([await endOf('rejected'), await endOf('dying')]).toEqual([
      ['running', null],
      ['running', null],
    ]);
    await world.database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
    await world.after(watch.dispatchRound);

    expect(await endOf('dying')).toEqual([
      'queued',
      `the machine of job build of run ${watch.runOf(ids.dying)?.id} vanished`,
    ]);
    expect(await endOf('rejected')).toEqual([
      'failed',
      `bob rejected the deployment to production of run ${watch.runOf(ids.rejected)?.id}: not on a Friday`,
    ]);
    expect(await watch.deployments(ids.rejected)).toEqual([expect.stringContaining('staging')]);
    // On GitHub a rejected deployment failed. It knows the commit of the run, which is main's in a rollback too.
    expect(watch.onGitHub('production', newest).sort()).toEqual(['failure', 'success', 'success']);
    expect(world.github.violations).toEqual([]);
  }, 30_000);
});
