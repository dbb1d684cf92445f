import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { declareJob, forgetEverything, httpCall, type JobWish } from '../ops/jobs.ts';
import { checkFiles, look, only, summary } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, superuser } = database;
afterAll(() => database.drop());

/** A quiet moment, long after every job was declared. */
const now = new Date('2030-03-07T12:34:30Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);

beforeEach(async () => {
  await forgetEverything(sql);
  await sql`truncate ops.cron_changes, ops.managed_objects`;
  await superuser`truncate cron.job_run_details`;
  await superuser`delete from cron.job`;
});

/** A job that pg_cron has, awake. */
async function schedule(name: string, wish: JobWish = {}): Promise<void> {
  await declareJob(sql, name, wish);
  await sql`update ops.job_definitions set updated_at = created_at`;
  await sql`select cron.schedule(${name}, '* * * * *', ${`select ops.fire('${name}')`})`;
}

interface RunWish {
  readonly status?: string;
  readonly trigger?: string;
  readonly seconds?: number;
  readonly error?: string;
  readonly code?: string;
}

/** A run of a slot so many minutes ago. */
async function ran(job: string, minutes: number, wish: RunWish = {}): Promise<void> {
  const { status = 'succeeded', trigger = 'schedule', seconds = 1, error = null, code = null } = wish;
  const isOpen = ['queued', 'fired', 'delivered'].includes(status);
  const at = ago(minutes);
  await sql`
    insert into ops.cron_runs (job, scheduled_for, trigger, status, attempt, created_at, fired_at, finished_at, error, error_code)
    values (${job}, date_trunc('minute', ${at}::timestamptz), ${trigger}, ${status}, 1, ${at}, ${at},
      ${isOpen ? null : new Date(at.getTime() + seconds * 1000)}, ${error}, ${code})`;
}

const jobs = checkFiles({ jobs: 'cron: {}' });

describe('a job that is late', () => {
  it.each([
    ['every minute, four minutes ago', '* * * * *', 4, []],
    ['every minute, eight minutes ago', '* * * * *', 8, ['jobs/sync: warning cron_late']],
    ['hourly, this hour', '30 * * * *', 4, []],
    // Due at 12:30, and may be five minutes late: it is 12:34.
    ['hourly, last hour, with half a minute left', '30 * * * *', 64, []],
    ['hourly, last hour, due long ago', '5 * * * *', 89, ['jobs/sync: warning cron_late']],
    ['daily, yesterday, not due yet today', '0 13 * * *', 1414, []],
    ['daily, yesterday, due this morning', '0 6 * * *', 1834, ['jobs/sync: warning cron_late']],
    ['monthly, in time', '0 0 1 * *', 6 * 1440 + 754, []],
    ['monthly, on the last day, left out', '0 0 $ * *', 60 * 1440, ['jobs/sync: warning cron_late']],
    ['every 30 seconds, a minute ago', '30 seconds', 1, []],
    ['every 30 seconds, ten minutes ago', '30 seconds', 10, ['jobs/sync: warning cron_late']],
    ['at reboot', '@reboot', 50_000, []],
  ])('%s', async (_what, written, minutes, expected) => {
    await schedule('sync', { schedule: written });
    await ran('sync', minutes);

    const pass = await look(jobs, { sql, now });

    expect(summary(pass)).toEqual(expected);
    expect(pass.evaluated).toEqual(['jobs']);
  });

  it('says by how much, and is well again with its next run', async () => {
    await schedule('sync', { schedule: '*/10 * * * *', expect: { within_ms: 120_000 } });
    await ran('sync', 24.5);

    expect(only(await look(jobs, { sql, now }))).toMatchObject({
      object: 'sync',
      finding: {
        title: 'sync is late',
        detail:
          'sync was due at 2030-03-07 12:30:00 UTC, 4m30s ago; its last run was for 2030-03-07 12:10:00 UTC.',
        evidence: {
          schedule: '*/10 * * * *',
          late_by: '4m30s',
          may_be_late_by: '2m',
          due_at: '2030-03-07T12:30:00.000Z',
        },
      },
    });
    await ran('sync', 1, { trigger: 'manual' });
    expect(summary(await look(jobs, { sql, now }))).toEqual(['jobs/sync: warning cron_late']);
    await ran('sync', 4.5);
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
  });

  it('is judged in its own time zone', async () => {
    // 07:34 in New York; both ran yesterday at 08:04.
    await schedule('morning', { schedule: '0 7 * * *', timezone: 'America/New_York' });
    await schedule('later', { schedule: '0 8 * * *', timezone: 'America/New_York' });
    for (const job of ['morning', 'later']) await ran(job, 23.5 * 60);

    expect(summary(await look(jobs, { sql, now }))).toEqual(['jobs/morning: warning cron_late']);
  });

  it('is not, while the slot it missed was before it was woken, changed or applied', async () => {
    await schedule('sync', { schedule: '5 * * * *' });
    await ran('sync', 300);
    await sql`insert into ops.cron_changes (at, jobid, jobname, action, after, actor)
      values (${ago(20)}, 1, 'sync', 'toggle', '{}', 'test')`;
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
    await sql`truncate ops.cron_changes`;

    await sql`insert into ops.managed_objects (kind, name, digest, applied_at) values ('cron', 'sync', 'x', ${ago(20)})`;
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
    await sql`truncate ops.managed_objects`;

    expect(summary(await look(jobs, { sql, now }))).toEqual(['jobs/sync: warning cron_late']);
  });

  it('counts as never run when it has no run at all', async () => {
    await schedule('sync', { schedule: '5 * * * *' });

    expect(summary(await look(jobs, { sql, now }))).toEqual(['jobs/sync: warning cron_never_ran']);
    await ran('sync', 29.5);
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
  });

  it('is unknown, not well, when its stored schedule cannot be understood', async () => {
    await schedule('sync');
    await sql`update ops.job_definitions set definition = jsonb_set(definition, '{schedule,match}', '"mask"')`;

    expect(summary(await look(jobs, { sql, now }))).toEqual(['jobs/sync: unknown cannot_evaluate']);
  });
});

describe('a job that is not scheduled any more', () => {
  const files = {
    ...jobs,
    'cron/sync.yaml': 'schedule: "* * * * *"\nowner: "@team"\ncall: { sql: "select 1" }\n',
  };

  it('is found when its row is gone, asleep, or fires something else', async () => {
    await schedule('sync');
    await ran('sync', 0.5);
    expect(summary(await look(files, { sql, now }))).toEqual([]);

    await superuser`update cron.job set active = false`;
    expect(only(await look(files, { sql, now })).finding).toMatchObject({
      name: 'cron_not_scheduled',
      detail: expect.stringContaining('asleep'),
    });
    await superuser`update cron.job set active = true, command = 'select 1'`;
    expect(summary(await look(files, { sql, now }))).toEqual(['jobs/sync: warning cron_not_scheduled']);
    await superuser`delete from cron.job`;
    await sql`truncate ops.job_definitions`;
    expect(only(await look(files, { sql, now })).finding.detail).toContain('nor has ops its definition');
  });
});

describe('a job in trouble', () => {
  it('fails so often in a row that its file says enough', async () => {
    await schedule('sync', { alert: { after: 3, severity: 'critical' } });
    for (const minutes of [5, 4, 3, 2, 1]) {
      await ran(
        'sync',
        minutes,
        minutes > 2 ? {} : { status: 'failed', error: 'http_5xx - it fell over', code: 'http_5xx' },
      );
    }
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);

    await ran('sync', 0.4, {
      status: 'timed_out',
      error: 'timeout - Bearer abcdef0123456789',
      code: 'timeout',
    });
    const { finding } = only(await look(jobs, { sql, now }));
    expect(finding).toMatchObject({
      name: 'cron_failing',
      evidence: { in_a_row: 3, after: 3, error_code: 'timeout' },
    });
    expect(finding.detail).toBe('sync failed 3 times in a row: timeout - Bearer [redacted]');
    expect(finding.remediation).toContain('Raise the timeout');

    await ran('sync', 0.1, { trigger: 'manual' });
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
  });

  it('hangs: a run is open longer than it may take, or past its deadline', async () => {
    await schedule('sync', { expect: { max_duration_ms: 60_000 }, call: httpCall() });
    await ran('sync', 1.5, { status: 'fired' });
    expect(only(await look(jobs, { sql, now })).finding).toMatchObject({
      name: 'cron_stuck',
      detail: expect.stringContaining('sync is fired since'),
      evidence: { status: 'fired', seconds: 90 },
    });

    await schedule('sync', { call: httpCall() });
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
    await sql`update ops.cron_runs set deadline = ${ago(6)}`;
    expect(summary(await look(jobs, { sql, now }))).toEqual(['jobs/sync: warning cron_stuck']);
    await sql`update ops.cron_runs set status = 'succeeded', finished_at = ${now}`;
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
  });

  it('hangs in SQL, where no table shows it', async () => {
    await schedule('report', { expect: { max_duration_ms: 1000 } });
    const running = database.as('postgres');
    const deadline = Math.floor(Date.now() / 1000) - 120;
    await running`select set_config('application_name', ${`ops:${deadline}:report`}, false)`;
    const hung = running`select pg_sleep(3)`.execute();
    await sql`select pg_sleep(0.2)`;

    const pass = await look(jobs, { sql });

    await hung;
    await running.end();
    expect(summary(pass)).toContain('jobs/report: warning cron_stuck');
    expect(pass.results.find(({ object }) => object === 'report')?.finding.evidence).toMatchObject({
      status: 'running SQL',
    });
  });

  it('is too slow, and well again with a quick run', async () => {
    await schedule('sync', { expect: { max_duration_ms: 60_000 } });
    await ran('sync', 3, { seconds: 95 });

    expect(only(await look(jobs, { sql, now })).finding).toMatchObject({
      name: 'cron_slow',
      detail: 'The last run of sync took 1m35s, longer than its `max_duration`.',
    });
    await ran('sync', 0.5, { seconds: 2 });
    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
  });

  it('succeeds too rarely in its window, whatever the last run was', async () => {
    await schedule('sync', { expect: { min_success: { ratio: 0.9, window_ms: 3_600_000 } } });
    for (let minutes = 200; minutes > 0; minutes -= 2) {
      await ran('sync', minutes, minutes % 20 === 10 && minutes < 60 ? { status: 'failed' } : {});
    }

    expect(only(await look(jobs, { sql, now })).finding).toMatchObject({
      name: 'cron_success_rate',
      detail: '26 of 29 runs of sync in 1h succeeded, 89.7%; 90% are expected.',
    });
  });

  it('names the worst first and the others in its evidence', async () => {
    await schedule('sync', { expect: { max_duration_ms: 60_000 } });
    await ran('sync', 30, { status: 'failed', seconds: 100, error: 'sql_error - no', code: 'sql_error' });

    const { finding } = only(await look(jobs, { sql, now }));

    expect(finding.name).toBe('cron_failing');
    expect(finding.evidence.also).toEqual([
      expect.stringContaining('cron_slow'),
      expect.stringContaining('cron_late'),
    ]);
  });

  it('belongs to a role that is gone: pg_cron will not survive its next start', async () => {
    await schedule('sync');
    await ran('sync', 0.5);
    await superuser`update cron.job set username = 'left_us'`;

    const files = checkFiles({ jobs: 'cron: { find: [unowned_role] }' });
    expect(only(await look(files, { sql, now }))).toMatchObject({
      object: 'sync',
      severity: 'critical',
      finding: { name: 'cron_unowned_role', detail: expect.stringContaining('left_us') },
    });
    await superuser`update cron.job set username = 'postgres'`;
    expect(summary(await look(files, { sql, now }))).toEqual([]);
  });

  it('is looked at by the checks that name it, and for what they look for', async () => {
    for (const name of ['a_one', 'a_two', 'b_one']) {
      await schedule(name, { schedule: '5 * * * *' });
      await ran(name, 300, { status: 'failed', seconds: 1 });
    }
    const names = { 'cron/a_one.yaml': '', 'cron/a_two.yaml': '', 'cron/b_one.yaml': '' };
    const declared = Object.fromEntries(
      Object.keys(names).map((path) => [
        path,
        'schedule: "5 * * * *"\nowner: "@t"\ncall: { sql: "select 1" }\n',
      ]),
    );
    const files = {
      ...declared,
      ...checkFiles({
        one: 'cron: { jobs: ["?_one"], find: [late] }',
        team_a: 'cron: { jobs: ["a_*"], except: [a_two], find: [failing] }\nseverity: critical',
        exact: 'cron: { jobs: [b_one], find: [late, failing] }',
        quiet: 'cron: { find: [stuck] }',
      }),
    };

    expect(summary(await look(files, { sql, now }))).toEqual([
      'exact/b_one: warning cron_failing',
      'one/a_one: warning cron_late',
      'one/b_one: warning cron_late',
      'team_a/a_one: critical cron_failing',
    ]);
  });

  it('asleep is nobody’s business', async () => {
    await schedule('sync', { schedule: '5 * * * *' });
    await superuser`update cron.job set active = false`;

    expect(summary(await look(jobs, { sql, now }))).toEqual([]);
  });
});

describe('the scheduler', () => {
  const files = checkFiles({
    jobs: 'cron: {}',
    scheduler: 'cron: { find: [scheduler] }\nmutes: [{ check: jobs }]',
  });
  const scheduler = checkFiles({ scheduler: 'cron: { find: [scheduler] }' });

  it('whose process is gone is dead, with everything late beside it, to be muted', async () => {
    await schedule('sync');
    await ran('sync', 42);
    await superuser`insert into cron.job_run_details (jobid, status, start_time) values (1, 'succeeded', ${ago(42)})`;

    const pass = await look(files, { sql, now });

    expect(summary(pass)).toEqual([
      'jobs/sync: warning cron_late',
      'scheduler/: critical cron_scheduler_dead',
    ]);
    expect(pass.results[1]?.finding).toMatchObject({
      detail: expect.stringContaining(
        'No process of pg_cron runs; its last sign of life was at 2030-03-07 11:52:30 UTC.',
      ),
      evidence: { launcher: 'down', silent_for: '42m' },
    });
    expect(pass.policies.scheduler?.mutes).toEqual([{ check: 'jobs' }]);
  });

  it('that runs and starts nothing is dead too, and well with its next sign of life', async () => {
    await schedule('sync');
    await superuser`insert into cron.job_run_details (jobid, status, start_time) values (1, 'succeeded', ${ago(9)})`;
    const launcher = database.as('postgres');
    await launcher`select set_config('application_name', 'pg_cron scheduler', false)`;

    expect(only(await look(scheduler, { sql, now })).finding.detail).toContain('has started none for 9m');
    await sql`insert into ops.scheduler_ticks values (${ago(1)})`;
    expect(summary(await look(scheduler, { sql, now }))).toEqual([]);
    await launcher.end();
    expect(summary(await look(scheduler, { sql, now }))).toEqual([
      'scheduler/: critical cron_scheduler_dead',
    ]);
  });

  it('names the role that is gone as the likely cause', async () => {
    await schedule('sync');
    await superuser`update cron.job set username = 'left_us'`;

    expect(only(await look(scheduler, { sql, now })).finding.detail).toContain(
      'job sync belongs to role left_us',
    );
  });

  it('is unknown, with all its jobs, where pg_cron is not installed or hides jobs from us', async () => {
    await superuser`alter schema cron rename to cron_away`;
    const pass = await look(files, { sql, now });
    await superuser`alter schema cron_away rename to cron`;

    expect(pass.evaluated).toEqual([]);
    expect(summary(pass)).toEqual(['jobs/: unknown cannot_evaluate', 'scheduler/: unknown cannot_evaluate']);
    expect(pass.results[0]?.finding.detail).toContain('pg_cron is not installed here');

    await superuser`alter role postgres nobypassrls`;
    const partial = await look(files, { sql, now });
    await superuser`alter role postgres bypassrls`;
    expect(partial.evaluated).toEqual([]);
    expect(partial.results[0]?.finding.detail).toContain('row security');
  });
});
