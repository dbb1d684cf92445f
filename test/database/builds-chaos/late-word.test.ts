/** What a recorder says in a buffer that is found after GitHub was asked: found by chaos.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusFrame } from '../../../actions/_shared/builds/recorder/frame.ts';
import { replayFrame } from '../../../actions/_shared/builds/recorder/statements.ts';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, claim } from '../builds/people.ts';

let database: TestDatabase;
let service: Sql;
let branch: string;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  service = database.as('service_role');
  branch = (await addOrganisation(database.sql, 'acme')).production;
});
afterAll(() => database.drop());

/** A build whose run fell silent, and of which GitHub said this. */
async function settled(truth: 'succeeded' | 'failed', isStopped = false) {
  await addBuild(database.sql, branch);
  const build = await claim(database.sql);
  if (build === null) throw new Error('nothing to claim');
  const { buildId, attempt } = build;
  if (isStopped) await service`select ops.cancel_build(${buildId}, 'alice')`;
  await database.superuser`update ops.build_leases set expires_at = now() where build_id = ${buildId}`;
  await service`select ops.settle_silent_build(${buildId}, ${attempt}, ${truth})`;
  return { buildId, attempt };
}

async function afterReplay(build: { buildId: string; attempt: number }, status: StatusFrame['status']) {
  const outcome = await replayFrame(service, build, { op: 'status', status });
  const rows = await service`
    select b.status, b.finished_at is not null as "isOver", (
      select e.message from ops.build_events e where e.build_id = b.id and e.attempt = 0 order by e.seq desc limit 1
    ) as said
    from ops.builds b where b.id = ${build.buildId}`;
  return { outcome, ...rows[0] };
}

describe('a recorder whose buffer is found after GitHub was asked', () => {
  it('still tells that the run had warnings', async () => {
    const build = await settled('succeeded');
    const told = {
      outcome: 'stored',
      status: 'almost',
      isOver: true,
      said: 'almost: its recorder said so later',
    };
    expect(await afterReplay(build, 'almost')).toEqual(told);
    expect(await afterReplay(build, 'almost')).toEqual(told);
  });

  it('still tells that a person stopped it, where one did', async () => {
    expect(await afterReplay(await settled('failed', true), 'cancelled')).toMatchObject({
      status: 'cancelled',
    });
    expect(await afterReplay(await settled('failed'), 'cancelled')).toMatchObject({ status: 'failed' });
  });

  it.each([
    ['succeeded', 'failed'],
    ['succeeded', 'cancelled'],
    ['failed', 'succeeded'],
    ['failed', 'almost'],
  ] as const)('does not turn %s into %s', async (truth, word) => {
    expect(await afterReplay(await settled(truth), word)).toMatchObject({ status: truth });
  });

  it('says nothing of another attempt', async () => {
    const { buildId, attempt } = await settled('succeeded');
    expect(await afterReplay({ buildId, attempt: attempt + 1 }, 'almost')).toMatchObject({
      outcome: 'stale',
      status: 'succeeded',
    });
  });
});
