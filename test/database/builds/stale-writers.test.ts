/** Who writes for a build that is not theirs any more changes nothing, by either way a recorder has. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { BuildChannel, Lease } from '../../../actions/_shared/builds/recorder/channel.ts';
import { databaseChannel } from '../../../actions/_shared/builds/recorder/database-channel.ts';
import type { Frame } from '../../../actions/_shared/builds/recorder/frame.ts';
import {
  FunctionRefused,
  functionChannel,
} from '../../../actions/_shared/builds/recorder/function-channel.ts';
import { recordBuild } from '../../../functions/ops-record-build/handler.ts';
import { startFunctionFixture } from '../functions/fixture.ts';
import { startIssuer } from '../recorder/issuer.ts';
import { addOrganisation } from './people.ts';

const fixture = await startFunctionFixture(import.meta.url);
const { database } = fixture;
const { sql, superuser } = database;
const issuer = await startIssuer();
const handle = recordBuild(fixture.dependencies({ OPS_OIDC_ISSUER: issuer.url }));
const org = await addOrganisation(sql, 'acme');
await sql`update ops.projects set dispatch = true`;

/** The role as docs/recording.md makes it. */
const role = `ops_recorder_stale_${process.pid}`;
const documented = /```sql\n(create role ops_recorder[\s\S]*?)```/.exec(
  readFileSync(path.resolve(import.meta.dirname, '../../../docs/recording.md'), 'utf8'),
)?.[1];
await sql.unsafe(
  (documented ?? '').replaceAll('ops_recorder', role).replaceAll('CHANGE-ME', 'recorder-pass'),
);
const address = new URL(database.url);
address.username = role;
address.password = 'recorder-pass';

const realFetch = globalThis.fetch;
afterAll(async () => {
  globalThis.fetch = realFetch;
  await superuser.unsafe(`drop owned by ${role}; drop role ${role}`);
  await issuer.close();
  await fixture.close();
});

const FUNCTION = 'http://record-build.test/';
// The function in this process: what is sent is what a run sends.
globalThis.fetch = async (input, init) =>
  String(input) === FUNCTION ? handle(new Request(FUNCTION, init)) : realFetch(input, init);

/** The two ways, as run 4711 in its first attempt goes them. */
const WAYS: Readonly<Record<string, () => BuildChannel>> = {
  'as a role': () => databaseChannel({ url: address.href }),
  'by the function': () => functionChannel({ url: FUNCTION, token: () => issuer.token() }),
};

const RUN = {
  repository: 'acme/app',
  runId: '4711',
  runAttempt: 1,
  branch: 'main',
  trigger: 'dispatch',
  runnerId: 'test',
} as const;

const FRAMES: Readonly<Record<string, Frame>> = {
  lines: {
    op: 'lines',
    seq: 1,
    count: 1,
    at: new Date().toISOString(),
    kind: 'log',
    levels: ['info'],
    step: 'build',
    text: 'too late',
  },
  status: { op: 'status', status: 'succeeded', environment_url: 'https://late.test' },
  artifact: { op: 'artifact', kind: 'link', name: 'late', url: 'https://late.test' },
  metrics: { op: 'metrics', key: 'late', samples: [{ metric: 'late', value: 1 }] },
  deployment: {
    op: 'deployment',
    environment: 'production',
    state: 'success',
    environment_url: 'https://late.test',
  },
};

let build = '';
beforeEach(async () => {
  await superuser`truncate ops.builds, ops.queued_jobs, ops.job_leases, ops.metrics cascade`;
  const [row] = await sql`select build_id from ops.create_build(${org.production})`;
  build = String(row?.build_id);
  await sql`select ops.claim_build_dispatches('test')`;
});

const again = (runId: number) => sql`
  select ops.record_build_start(${build}, ${JSON.stringify({ run_id: runId, run_attempt: 1 })}::text::jsonb, 'other')`;

/** What makes a writer stale. */
const STALE: Readonly<Record<string, (lease: Lease) => Promise<unknown>>> = {
  'whose lease is over': () =>
    superuser`update ops.build_leases set expires_at = clock_timestamp() - interval '1 millisecond'`,
  'whose build has another attempt': async () => {
    await superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
    await sql`select ops.settle_silent_build(${build}, 1, 'gone')`;
    await sql`select ops.claim_build_dispatches('test')`;
    await again(4712);
  },
  'whose run was given up, with nobody there yet': async () => {
    await superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
    await sql`select ops.settle_silent_build(${build}, 1, 'gone')`;
  },
  'who names the lease of nobody': async () => undefined,
};

/** All a writer could change. */
async function everything(): Promise<unknown> {
  const [row] = await superuser`
    select jsonb_build_object(
      'builds', (select jsonb_agg(b order by b.id) from ops.builds b),
      'events', (select jsonb_agg(e order by e.attempt, e.seq) from ops.build_events e),
      'leases', (select jsonb_agg(l) from ops.build_leases l),
      'artifacts', (select count(*) from ops.artifacts), 'metrics', (select count(*) from ops.metrics),
      'deployments', (select count(*) from ops.deployments), 'monitoring', (select count(*) from ops.monitoring)
    ) as all`;
  return row?.all;
}

describe.each(Object.keys(WAYS))('a writer %s', (way) => {
  it.each(Object.keys(STALE))('%s changes nothing', async (reason) => {
    const channel = WAYS[way]?.();
    if (channel === undefined) throw new Error(`no way ${way}`);
    const started = await channel.start({ ...RUN, buildId: build });
    if (started.outcome !== 'started') throw new Error('it was not started');
    await STALE[reason]?.(started.lease);
    const lease =
      reason === 'who names the lease of nobody'
        ? { ...started.lease, token: String(Number(started.lease.token) + 1000) }
        : started.lease;
    const before = await everything();

    for (const [name, frame] of Object.entries(FRAMES)) {
      // The function refuses a run that is no longer the build's before it looks at leases.
      const outcome = await channel.write(lease, [frame]).catch((error: unknown) => {
        if (error instanceof FunctionRefused) return error.status;
        throw error;
      });
      expect(['stale', 403], name).toContain(outcome);
    }
    const verdict = await channel.heartbeat(lease).catch((error: unknown) => {
      if (error instanceof FunctionRefused) return error.status;
      throw error;
    });
    expect(['lost', 403]).toContain(verdict);
    expect(await everything()).toEqual(before);
    await channel.close();
  });

  it('with its lease writes each of these', async () => {
    const channel = WAYS[way]?.();
    if (channel === undefined) throw new Error(`no way ${way}`);
    const started = await channel.start({ ...RUN, buildId: build });
    if (started.outcome !== 'started') throw new Error('it was not started');
    for (const frame of Object.values(FRAMES).filter(({ op }) => op !== 'status')) {
      const before = await everything();
      expect(await channel.write(started.lease, [frame])).toBe('stored');
      expect(await everything(), frame.op).not.toEqual(before);
    }
    expect(await channel.heartbeat(started.lease)).toBe('held');
    await channel.close();
  });

  it('that starts late, for an attempt that was given up, gets no lease', async () => {
    const channel = WAYS[way]?.();
    if (channel === undefined) throw new Error(`no way ${way}`);
    await channel.start({ ...RUN, buildId: build });
    await STALE['whose build has another attempt']?.({ buildId: build, attempt: 1, token: '1' });
    const before = await superuser`select status, attempt, github_run_id from ops.builds`;

    expect(await channel.start({ ...RUN, buildId: build })).toEqual({ outcome: 'stale' });
    expect(await superuser`select status, attempt, github_run_id from ops.builds`).toEqual(before);
    await channel.close();
  });
});
