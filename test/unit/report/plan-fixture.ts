import type { DesiredJob } from '../../../actions/_shared/declare/model.ts';
import type { Change, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { scheduleReader } from '../../../actions/_shared/report/schedule-reader.ts';

/** The instant all rendering tests happen at. */
export const now = new Date('2026-01-05T09:50:00Z');

/** Schedules read without any declared job. */
export const schedule = scheduleReader([] satisfies DesiredJob[], now);

/** A change of a schedule, as the pull request of person 1 makes it. */
export const scheduleUpdate: Change = {
  kind: 'job',
  name: 'sync_game_platform_stats',
  action: 'update',
  cause: 'declaration',
  before: { schedule: '0 * * * *', timezone: 'America/New_York', overlap: 'skip' },
  after: { schedule: '*/30 * * * *', timezone: 'America/New_York', overlap: 'skip' },
  risks: [{ severity: 'warning', code: 'stampede', message: 'fires together with 12 other jobs' }],
  location: { file: 'runbooks/cron/sync_game_platform_stats.yaml', line: 3, column: 11 },
};

/** A plan; counts follow the changes unless given. */
export function planOf(changes: readonly Change[], rest: Partial<Plan> = {}): Plan {
  const count = (action: Change['action']): number =>
    changes.filter((change) => change.action === action).length;
  return {
    schema_version: 1,
    environment: 'production',
    lane: 'production',
    digest: 'a'.repeat(64),
    counts: {
      create: count('create'),
      update: count('update'),
      delete: count('delete'),
      adopt: count('adopt'),
      unchanged: 3,
      unmanaged: 0,
    },
    changes,
    unmanaged: [],
    orphaned: [],
    missing: [],
    lost: [],
    blockers: [],
    notices: [],
    target: {
      database: 'postgres',
      user: 'postgres',
      server_version: '17.4',
      pg_cron: '1.6.4',
      pg_net: '0.14.0',
      vault: null,
    },
    ...rest,
  };
}

/** A new migration, as a first plan lists dozens of. */
export function createdMigration(name: string): Change {
  return {
    kind: 'migration',
    name,
    action: 'create',
    cause: 'declaration',
    before: null,
    after: { statements: 1 },
    risks: [],
    location: { file: `migrations/${name}.sql`, line: 1, column: 1 },
  };
}

/** A new job called `name`, as its two objects. */
export function createdJob(name: string, cronSchedule = '15 3 * * *'): readonly Change[] {
  const shared = { name, action: 'create', cause: 'declaration', before: null, risks: [] } as const;
  return [
    { ...shared, kind: 'job', after: { schedule: cronSchedule, timezone: 'UTC' } },
    {
      ...shared,
      kind: 'cron',
      after: { schedule: cronSchedule, command: `select ops.fire('${name}')`, active: true },
    },
  ];
}
