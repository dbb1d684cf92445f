import type { WorkflowWorld } from '../../support/workflow-world.ts';
import { CANARIES } from '../control-repository.ts';
import { newNumber, notGreen, type Scenario } from './scenario.ts';

const JOB = 'sync_game_platform_stats';
const JOB_FILE = `runbooks/cron/${JOB}.yaml`;

/** A schedule nobody had before. */
function newSchedule(): string {
  const number = newNumber();
  return `${number % 60} ${Math.floor(number / 60) + 3} * * *`;
}

/** The job's file with another schedule. */
function rescheduled(world: WorkflowWorld, schedule: string): string {
  return world.text(JOB_FILE).replace(/^schedule: .*$/m, `schedule: '${schedule}'`);
}

/** Workflows that bring declarations to the database. */
export const DECLARATIONS: Readonly<Record<string, Scenario>> = {
  'drift.yml': {
    world: { database: 'bare', secrets: CANARIES },
    prepare: ({ dispatch }) => dispatch('reconcile.yml', { environment: 'production', 'dry-run': false }),
    play: async ({ database, github, tick }) => {
      const schedule = newSchedule();
      await database.sql`
        select cron.alter_job(job_id := jobid, schedule := ${schedule}) from cron.job where jobname = ${JOB}`;
      const problems = notGreen(await tick('drift.yml'));
      const [at = '', hour = ''] = schedule.split(' ');
      const words = `At ${hour.padStart(2, '0')}:${at.padStart(2, '0')}`;
      const told = [...github.store.issues.values()].some(({ body }) => body?.includes(words));
      return told ? problems : [...problems, `no issue says ${words}`];
    },
  },
  'plan.yml': {
    world: { database: 'bare', secrets: CANARIES },
    play: async (world) => {
      const schedule = newSchedule();
      const branch = `change-${newNumber()}`;
      const { github, alice } = world;
      github.store.branches.set(branch, github.store.branches.get('main') ?? '');
      alice.push({ branch, files: { [JOB_FILE]: rescheduled(world, schedule) } });
      let number = 0;
      const runs = await world.after(() => {
        number = alice.openPullRequest({ title: 'Change a schedule', head: branch }).number;
      });
      const comments = [...github.store.comments.values()].filter(({ issue }) => issue === number);
      const planned = ['staging', 'production'].filter((each) =>
        comments.some(({ body }) => body.includes(`opsroom:plan env=${each}`)),
      );
      return planned.length === 2
        ? notGreen(runs)
        : [...notGreen(runs), `comments: ${planned.join(', ')} only`];
    },
  },
  'reconcile.yml': {
    // Staging and production are one database here, and the project is production's only.
    world: {
      database: 'bare',
      secrets: CANARIES,
      files: { 'runbooks/projects/ops-control-room.yaml': null },
    },
    prepare: ({ dispatch }) => dispatch('reconcile.yml', { environment: 'production', 'dry-run': false }),
    play: async (world) => {
      const schedule = newSchedule();
      const problems = notGreen(await world.merge({ [JOB_FILE]: rescheduled(world, schedule) }));
      const rows = await world.database.sql`
        select 1 from ops.job_definitions where name = ${JOB} and definition #>> '{schedule,source}' = ${schedule}`;
      return rows.length === 1 ? problems : [...problems, `${JOB} does not run at ${schedule}`];
    },
  },
};
