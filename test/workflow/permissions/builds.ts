import type { Values } from '../../../local/workflows/engine/session.ts';
import { addBuild, addOrganisation, type Organisation } from '../../database/builds/people.ts';
import type { WorkflowWorld } from '../../support/workflow-world.ts';
import { BUILD as BUILD_OURS } from './build.ts';
import { notGreen, type Scenario } from './scenario.ts';

/** A workflow of somebody's own that can be dispatched. */
const BUILD = `
name: build-it
run-name: build \${{ inputs.ops_build_id }}
on:
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true }
      ops_build_attempt: { type: string, default: '1' }
      ops_commit: { type: string, default: '' }
permissions: {}
jobs:
  build:
    runs-on: ubuntu-24.04
    environment: { name: shop, url: https://shop.example }
    steps: [{ run: echo built }]
`;

const organisations = new WeakMap<WorkflowWorld, Organisation>();

/** Workflows of builds. */
export const BUILDS: Readonly<Record<string, Scenario>> = {
  'build.yml': BUILD_OURS,
  'dispatch-builds.yml': {
    world: { files: { '.github/workflows/build-it.yml': BUILD } satisfies Values },
    prepare: async (world) => {
      organisations.set(world, await addOrganisation(world.database.sql, 'acme'));
      const { owner, repo } = world.github.store;
      await world.database.superuser`
        update ops.projects
        set dispatch = true, workflow = 'build-it.yml', repo_url = ${`https://github.com/${owner}/${repo}`}`;
    },
    play: async (world) => {
      const organisation = organisations.get(world);
      if (organisation === undefined) throw new Error('nobody prepared it');
      const { id } = await addBuild(world.database.sql, organisation.production);
      const problems = notGreen([await world.dispatch('dispatch-builds.yml', { environment: 'staging' })]);
      const started = [...world.github.store.runs.values()].some(({ displayTitle }) =>
        displayTitle.includes(id),
      );
      // Its run recorded nothing: GitHub is asked how it ended, and where it can be seen.
      await world.database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
      problems.push(...notGreen([await world.dispatch('dispatch-builds.yml', { environment: 'staging' })]));
      const [build] = await world.database
        .sql`select status, environment_url from ops.builds where id = ${id}`;
      if (build?.environment_url !== 'https://shop.example') {
        problems.push(`build ${id} is ${build?.status}, and nobody knows where it can be seen`);
      }
      // What waits or holds a lease would keep the next one from its turn.
      await world.database.superuser`delete from ops.builds`;
      await world.database.superuser`delete from ops.queued_jobs`;
      await world.database.superuser`delete from ops.job_leases`;
      return started ? problems : [...problems, `build ${id} was not started`];
    },
  },
};
