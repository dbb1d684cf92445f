/**
 * The real thing, once: build.yml over this whole repository as it is, packages from the registry and all. It takes minutes, so it
 * runs only when it is asked for:
 *
 *     OPSROOM_TEST_WHOLE_BUILD=1 npm test -- test/workflow/build-whole.test.ts
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryFiles } from '../../local/workflows/repository-files.ts';
import { root } from '../contract/action-metadata.ts';
import { serveRecordFunction } from '../support/record-function.ts';
import { declareProject } from '../support/small-bundle.ts';
import { logOf, startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';

/** What the usual world leaves out: everything the build itself is made of. */
const SOURCES = /^(?:actions\/(?!dist\/)|local\/|functions\/|runbooks\/|[^/]+$)/;

/** How this machine reaches the registry; steps get nothing else of its environment. */
const WAY_OUT = ['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'NO_PROXY', 'npm_config_registry'];

describe.skipIf(process.env.OPSROOM_TEST_WHOLE_BUILD === undefined)('the build of this repository', () => {
  let world: WorkflowWorld;

  beforeAll(async () => {
    const files = Object.entries(repositoryFiles(root, (file) => SOURCES.test(file)));
    world = await startWorkflowWorld({
      file: import.meta.url,
      files: Object.fromEntries(files.map(([file, content]) => [file, content.toString('utf8')])),
      engine: {
        machine: Object.fromEntries(WAY_OUT.flatMap((name) => named(name, process.env[name]))),
      },
    });
    await serveRecordFunction(world);
    await declareProject(world, 'acme/ops-control-room', {
      main: { lane: 'production', deployTo: 'production' },
    });
  }, 120_000);
  afterAll(() => world.stop());

  it('makes the committed bundle from its sources and brings it to production', async () => {
    const { sql } = world.database;
    await sql`select ops.trigger_build('ops-control-room', 'main')`;
    const started = performance.now();
    const [, run] = await world.after(() =>
      world.alice.dispatch('dispatch-builds.yml', { inputs: { environment: 'staging' } }),
    );

    expect(run?.conclusion, logOf(run)).toBe('success');
    const [build] = await sql`
      select b.status, (select count(*)::int from ops.build_events e where e.build_id = b.id and e.attempt = 1) as lines,
        (select array_agg(d.environment || ' ' || d.state order by d.id) from ops.deployments d where d.build_id = b.id) as deployments,
        (select jsonb_object_agg(m.metric, m.value) from ops.metrics m) as metrics,
        (select a.size_bytes::int from ops.artifacts a where a.build_id = b.id) as packed
      from ops.builds b`;
    process.stdout.write(`${JSON.stringify({ ...build, seconds: (performance.now() - started) / 1000 })}\n`);
    expect(build).toMatchObject({
      status: 'succeeded',
      deployments: ['staging success', 'production success'],
    });
  }, 900_000);
});

function named(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}
