/** What a scan says when parts are missing, closed to it or old: never that all is well. */
import { afterAll, describe, expect, it } from 'vitest';
import { adviceRules } from '../../../actions/_shared/checks/advice/registry.ts';
import { scanWithin } from '../../../actions/_shared/checks/advice/scan.ts';
import { postgresLints } from '../../../actions/_shared/checks/postgres-lints.ts';
import { ADVISORY_RULES } from '../../../actions/_shared/declare/kinds/advisory-rules.ts';
import { bareDatabase, createTestDatabase } from '../../support/database.ts';
import { asPostgres, foundIn, readFiles, scanAs, soundFiles, soundState, undone } from './advice.ts';

const database = await createTestDatabase(import.meta.url);
const bare = await bareDatabase(import.meta.url);
afterAll(async () => {
  await database.drop();
  await bare.drop();
});

const reasons = (
  silent: readonly { readonly rule: string; readonly reason: string }[],
): Readonly<Record<string, string>> => Object.fromEntries(silent.map(({ rule, reason }) => [rule, reason]));

describe('a scan', () => {
  it('answers for every rule once: it looked, it could not, there is nothing of the kind, or it is off', async () => {
    const report = await undone(database, async (tx) => {
      await asPostgres(tx, soundState);
      const { desired, policy } = await readFiles(soundFiles);
      await tx`set local role postgres`;
      return scanWithin(tx, { desired, policy, now: new Date() });
    });
    const answered = [
      ...report.evaluated,
      ...report.unevaluated.map(({ rule }) => rule),
      ...report.notApplicable.map(({ rule }) => rule),
      ...report.disabled,
    ];
    expect(answered.sort()).toEqual(Object.keys(ADVISORY_RULES).sort());
    expect(report.schemas).toEqual(['public']);
    expect(new Date(report.at).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('without the extensions says what does not run, and asks nothing about what is not there', async () => {
    const report = await undone(database, async (tx) => {
      await tx
        .unsafe('drop schema cron cascade; drop schema net cascade; drop schema vault cascade')
        .simple();
      return scanAs(tx, soundFiles);
    });
    expect(foundIn(report)).toEqual([
      expect.stringMatching(/^pg_cron_missing: /),
      expect.stringMatching(/^pg_net_missing: /),
      expect.stringMatching(/^vault_missing: /),
    ]);
    expect(reasons(report.notApplicable)).toMatchObject({
      cron_secret_in_command: 'there is no pg_cron here',
      net_triggers: 'there is no pg_net here',
      secret_missing: 'there is no Vault here',
    });
    expect(report.unevaluated).toEqual([]);
  });

  it('on a database without our schema still looks at the scheduler and the Vault', async () => {
    const report = await undone(bare, async (tx) => {
      await asPostgres(
        tx,
        `select cron.schedule('by_hand', '* * * * *', $$select net.http_get('https://x.example')$$)`,
      );
      return scanAs(tx, soundFiles);
    });
    expect(foundIn(report)).toEqual(
      expect.arrayContaining(['cron_bypasses_fire: by_hand', 'secret_missing: project_url']),
    );
    expect(reasons(report.notApplicable).runs_lost).toContain('opsroom apply');
  });

  it('names versions with known faults', async () => {
    const report = await undone(database, async (tx) => {
      await asPostgres(tx, soundState);
      // Only the catalog is asked for versions.
      await tx
        .unsafe(
          `set local allow_system_table_mods = on;
           insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) values
             (4000001, 'pg_cron', 10, 'cron'::regnamespace, false, '1.4-1'), (4000002, 'pg_net', 10, 'net'::regnamespace, false, '0.7.1')`,
        )
        .simple();
      return scanAs(tx, soundFiles);
    });
    const details = Object.fromEntries(report.findings.map(({ finding }) => [finding.name, finding.detail]));
    expect(details.pg_cron_outdated).toMatch(/1\.4-1.*no schedules of seconds/);
    expect(details.pg_net_outdated).toMatch(/0\.7\.1.*2 seconds.*whole batch.*Out of memory/);
  });

  it('as a role that may not look says so, rule by rule, and that is a finding', async () => {
    const report = await undone(database, async (tx) => {
      await asPostgres(tx, soundState);
      await tx.unsafe('create role onlooker; grant usage on schema ops to onlooker').simple();
      return scanAs(tx, soundFiles, 'onlooker');
    });
    expect(reasons(report.unevaluated)).toMatchObject({
      cron_secret_in_command: expect.stringContaining('may not read cron.job'),
      secret_missing: expect.stringContaining('Vault'),
      runs_lost: expect.stringContaining('ops.job_definitions'),
    });
    const blind = foundIn(report).filter((each) => each.startsWith('cannot_evaluate: '));
    expect(blind.length).toBe(report.unevaluated.length);
    expect(report.evaluated).not.toContain('cron_secret_in_command');
  });

  it('as a role that sees its own jobs only reports them, and does not call the rest clean', async () => {
    const report = await undone(database, async (tx) => {
      await asPostgres(tx, soundState);
      await tx
        .unsafe(
          `create role clerk; grant usage on schema ops, cron, net to clerk; grant select on cron.job, cron.job_run_details to clerk;
           grant usage on all sequences in schema cron to clerk;
           insert into cron.job (nodeport, jobname, schedule, command, username) values (5432, 'mine', '5 * * * *', 'selct 1', 'clerk')`,
        )
        .simple();
      return scanAs(tx, soundFiles, 'clerk');
    });
    expect(foundIn(report)).toEqual(
      expect.arrayContaining(['cron_cannot_run: mine', 'cron_partial_view: clerk']),
    );
    expect(reasons(report.unevaluated)).toMatchObject({
      cron_cannot_run: expect.stringContaining('BYPASSRLS'),
      cron_owner_missing: expect.stringContaining('BYPASSRLS'),
    });
  });

  it('repeats what ops.scan_advisories found about projects, and only if somebody looked', async () => {
    const { unseen, seen } = await undone(database, async (tx) => {
      await tx
        .unsafe(
          `insert into ops.orgs (id, name, slug) values ('00000000-0000-7000-8000-000000000001', 'Acme', 'acme');
           insert into ops.projects (org_id, name, slug, created_at)
           values ('00000000-0000-7000-8000-000000000001', 'Shop', 'shop', now() - interval '30 days')`,
        )
        .simple();
      const before = await scanAs(tx, soundFiles);
      await tx`select ops.scan_advisories()`;
      await tx`select ops.raise_advisory((select id from ops.projects), 'old_runtime', 'old_runtime', 'The runtime is old', 'error', '', 'Node 18.')`;
      return { unseen: before, seen: await scanAs(tx, soundFiles) };
    });
    expect(reasons(unseen.unevaluated).no_recent_build).toContain(
      'nobody looked for advice about builds yet',
    );
    expect(foundIn(seen)).toEqual(
      expect.arrayContaining(['no_recent_build: shop no_recent_build', 'project_advice: shop old_runtime']),
    );
    expect(seen.findings.find(({ finding }) => finding.name === 'project_advice')?.finding.level).toBe(
      'ERROR',
    );
    expect(seen.evaluated).toEqual(expect.arrayContaining(['failing_branch', 'unapplied_upgrade']));
  });

  it('does not miss advice about projects that were made today', async () => {
    const report = await undone(database, async (tx) => {
      await tx
        .unsafe(
          `insert into ops.orgs (id, name, slug) values ('00000000-0000-7000-8000-000000000001', 'Acme', 'acme');
           insert into ops.projects (org_id, name, slug) values ('00000000-0000-7000-8000-000000000001', 'Shop', 'shop')`,
        )
        .simple();
      return scanAs(tx, soundFiles);
    });
    expect(reasons(report.unevaluated).no_recent_build).toBeUndefined();
  });

  it('says which branches fail and which upgrades wait, two branches of a project apart', async () => {
    const report = await undone(database, async (tx) => {
      await tx
        .unsafe(
          `insert into ops.orgs (id, name, slug) values ('00000000-0000-7000-8000-000000000001', 'Acme', 'acme');
           insert into ops.projects (id, org_id, name, slug) values
             ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'Shop', 'shop')`,
        )
        .simple();
      for (const key of ['failing_branch:1', 'failing_branch:2', 'unapplied_upgrade:base'])
        await tx`select ops.raise_advisory('00000000-0000-7000-8000-000000000002', ${key}, ${key.split(':')[0] ?? ''}, 'T')`;
      return scanAs(tx, soundFiles);
    });
    expect(foundIn(report)).toEqual(
      expect.arrayContaining([
        'failing_branch: shop failing_branch:1',
        'failing_branch: shop failing_branch:2',
        'unapplied_upgrade: shop unapplied_upgrade:base',
      ]),
    );
    expect(new Set(report.findings.map(({ finding }) => finding.cache_key)).size).toBe(
      report.findings.length,
    );
  });

  it('lints the schemas of the API, those the files name and public; what the API exposes is read from the server', async () => {
    const report = await undone(database, async (tx) => {
      await tx
        .unsafe(
          `create schema shop; create schema lab; create table shop.log (note text); create table lab.log (note text);
           grant usage on schema shop to anon; create materialized view shop.totals as select 1 as one; grant select on shop.totals to anon;
           alter role authenticator set pgrst.db_schemas = 'public, shop, graphql_public'`,
        )
        .simple();
      const { desired, policy } = await readFiles({
        ...soundFiles,
        'runbooks/advisories/defaults.yaml': 'schemas: [lab]\n',
      });
      return scanWithin(tx, { desired, policy, now: new Date() });
    });
    expect(report.schemas).toEqual(['lab', 'public', 'shop']);
    expect(foundIn(report)).toEqual(
      expect.arrayContaining([
        'materialized_view_in_api: shop_totals',
        'no_primary_key: lab_log',
        'no_primary_key: shop_log',
        'rls_disabled: shop_log',
      ]),
    );
  });

  it('lives with what a file suppresses, and says when that is over', async () => {
    const files = {
      ...soundFiles,
      'runbooks/advisories/defaults.yaml': `
suppressions:
  - { cache_key: "net_open_to_public_*", owner: "@me", reason: "hosted cannot close it", expires: 2099-12-31 }
  - { cache_key: "cron_unmanaged_jobs_stranger", owner: "@me", reason: "goes away in May", expires: 2020-05-31 }
  - { cache_key: "secret_old_*", owner: "@me", reason: "rotated by hand", expires: 2099-12-31 }
`,
    };
    const report = await undone(database, async (tx) => {
      await asPostgres(tx, `${soundState} select cron.schedule('stranger', '5 5 * * *', 'select 1')`);
      return scanAs(tx, files);
    });
    expect(foundIn(report)).toEqual(
      expect.arrayContaining([
        'cron_unmanaged_jobs: stranger',
        'suppression_expired: cron_unmanaged_jobs_stranger',
        'suppression_unused: secret_old_*',
      ]),
    );
    expect(foundIn(report)).not.toContain('net_open_to_public: net.http_request_queue');
  });

  it('holds no secret, whatever the jobs, the history and the Vault hold', async () => {
    const canaries = [
      'sb_secret_canary0123456789',
      'eyJjYW5hcnkiOjF9.eyJjYW5hcnkiOjF9.Y2FuYXJ5',
      'canary-in-the-vault-0123456789',
    ];
    const report = await undone(database, async (tx) => {
      await asPostgres(
        tx,
        `${soundState}
         select cron.schedule('leaky', '1 1 * * *', $$select net.http_post(url := 'https://x.example?apikey=${canaries[0]}',
           headers := '{"Authorization": "Bearer ${canaries[1]}"}'::jsonb, body := '{}', bogus := 'sb_secret_canary0123456789')$$);
         select vault.create_secret('${canaries[2]} ', 'service_role_key', '')`,
      );
      await tx`
        insert into cron.job_run_details (jobid, command, status, return_message, start_time, end_time)
        select jobid, command, 'failed', ${`job startup timeout: Bearer ${canaries[1]}`}, now(), now() from cron.job where jobname = 'leaky'`;
      return scanAs(tx, soundFiles);
    });
    expect(foundIn(report)).toEqual(
      expect.arrayContaining([
        'cron_secret_in_command: leaky',
        'cron_secret_in_history: leaky',
        'secret_white_space: service_role_key',
      ]),
    );
    for (const canary of canaries) expect(JSON.stringify(report)).not.toContain(canary);
  });

  it('stays quick over ten thousand jobs', async () => {
    const { ms, report } = await undone(database, async (tx) => {
      await tx`
        insert into cron.job (nodeport, jobname, schedule, command, username)
        select 5432, 'job_' || n, (n % 60) || ' * * * *', case when n % 10 = 0 then 'select ' || n else 'select ops.fire(''job_' || n || ''')' end, 'postgres'
        from generate_series(1, 10000) n`;
      const started = performance.now();
      const scanned = await scanAs(tx, soundFiles);
      return { ms: performance.now() - started, report: scanned };
    });
    expect(foundIn(report)).toContain('cron_crowded_minutes: peak');
    expect(ms).toBeLessThan(5_000);
  });
});

it('rules and lints do not share names', () => {
  const names = [...adviceRules, ...postgresLints].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
