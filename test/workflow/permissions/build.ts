import type { StoredRun } from '../../../local/github/state/runs.ts';
import { latestAttempt } from '../../../local/github/state/runs.ts';
import { serveRecordFunction } from '../../support/record-function.ts';
import { declareProject, smallBundle } from '../../support/small-bundle.ts';
import { logOf, type WorkflowWorld } from '../../support/workflow-world.ts';
import { newNumber, type Scenario } from './scenario.ts';

/** What each job must have left in the database, asked as soon as it is over. */
const TRACES: Readonly<Record<string, (world: WorkflowWorld, runId: number) => Promise<boolean>>> = {
  build: async ({ database }, runId) =>
    isThere(
      await database.sql`
      select 1 from ops.artifacts a join ops.builds b on b.id = a.build_id where b.github_run_id = ${runId}`,
    ),
  staging: (world, runId) => isDeployed(world, runId, 'staging'),
  production: (world, runId) => isDeployed(world, runId, 'production'),
};

function isThere(rows: readonly unknown[]): boolean {
  return rows.length > 0;
}

async function isDeployed({ database }: WorkflowWorld, runId: number, environment: string): Promise<boolean> {
  return isThere(
    await database.sql`
    select 1 from ops.deployments d join ops.builds b on b.id = d.build_id
    where b.github_run_id = ${runId} and d.environment = ${environment} and d.state = 'success'`,
  );
}

/** The first job that went wrong or left nothing; null when all is well. Who finds one need not wait for the rest. */
async function firstProblem(world: WorkflowWorld, run: StoredRun): Promise<string | null> {
  for (const [key, left] of Object.entries(TRACES)) {
    for (;;) {
      const job = latestAttempt(run).jobs.find((each) => each.key === key);
      if (job?.status === 'completed') {
        if (job.conclusion !== 'success') return `${key} is ${job.conclusion}`;
        if (!(await left(world, run.id))) return `${key} left nothing in the database`;
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return null;
}

/** The build of this repository, by hand, through staging to production. */
export const BUILD: Scenario = {
  world: { files: smallBundle('one\n') },
  prepare: async (world) => {
    await serveRecordFunction(world);
    await declareProject(world, 'acme/bundle', { main: { lane: 'production', deployTo: 'production' } });
  },
  play: async (world) => {
    // Another commit each time: what is released already needs no right to be released.
    const stamp = `number ${newNumber()}\n`;
    world.change({ 'stamp.txt': stamp, 'actions/dist/stamp.txt': stamp });
    const run = world.alice.dispatch('build.yml', { inputs: { deploy_to: 'production' } });
    const problem = await firstProblem(world, run);
    if (problem !== null && latestAttempt(run).status !== 'completed') world.alice.cancel(run.id);
    await world.engine.idle();
    if (problem !== null) return [problem];
    const view = world.engine.runs.find(({ id }) => id === run.id);
    const [row] = await world.database.sql`select status from ops.builds where github_run_id = ${run.id}`;
    return [
      ...(row?.status === 'succeeded' ? [] : [`the build is ${row?.status}`]),
      ...(view?.conclusion === 'success' ? [] : [logOf(view)]),
    ];
  },
};
