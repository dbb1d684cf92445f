import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { performCommand } from '../../../actions/_shared/alerts/commands/perform-command.ts';
import {
  type CommandResult,
  settleCommand,
  takeCommand,
} from '../../../actions/_shared/alerts/commands/statements.ts';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import { READ_LIMITS, writeTransaction } from '../../../actions/_shared/database/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addOrganisation, type Organisation } from '../builds/people.ts';

const repository = 'acme/ops';
let database: TestDatabase;
let service: Sql;
let org: Organisation;
let comment = 9_000;

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  service = database.as('service_role');
  org = await addOrganisation(database.sql, 'acme');
  await database.superuser`update ops.projects set dispatch = true`;
  await database.sql`select ops.raise_alert('errors', 'check:errors:shop', 'critical', 'The shop has errors')`;
  await database.superuser`update ops.alerts set issue_repository = ${repository}, issue_number = 7`;
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.superuser`delete from ops.builds`;
  await database.superuser`delete from ops.queued_jobs`;
  await database.superuser`delete from ops.job_leases`;
});

/** What one comment does, as the action does it. */
async function say(
  rest: string,
  wish: { readonly permission?: string; readonly commentId?: number } = {},
): Promise<CommandResult | null> {
  comment += 1;
  const given = {
    repository,
    commentId: wish.commentId ?? comment,
    issue: 7,
    actor: 'bob',
    actorId: 2,
    permission: wish.permission ?? 'write',
    command: 'rollback',
    rest,
  };
  return writeTransaction(service, READ_LIMITS, async (tx) => {
    if (!(await takeCommand(tx, given))) return null;
    const result = await performCommand(tx, given, 'production');
    await settleCommand(tx, given, result);
    return result;
  });
}

async function built(sha: string, status: string, branch = org.production): Promise<void> {
  const [made] = await service`
    select build_id from ops.create_build(${branch}, 'push', p_commit_sha => ${sha})`;
  const run = Number(BigInt(`0x${sha.slice(0, 8)}`));
  const [lease] = await service`
    select attempt, lease_token from ops.start_build_run(${made?.build_id}, ${run}, 1, 'runner')`;
  await service`select ops.set_build_status(${made?.build_id}, ${status}, ${lease?.lease_token}, ${lease?.attempt})`;
}
const rollbacks = async () =>
  (
    await database.sql`
      select branch_id, actor, commit_sha, rollback_of, status from ops.builds where trigger = 'rollback' order by id`
  ).map((row) => ({ ...row }));

describe('/rollback', () => {
  it('builds the last verified commit again, says so and where approval comes, and is remembered', async () => {
    await built('1'.repeat(40), 'succeeded');
    await built('2'.repeat(40), 'failed');
    const said = await say('');
    expect(said).toMatchObject({ outcome: 'done', alerts: [expect.any(Number)] });
    expect(said?.answer).toMatch(
      /Going back to `111111111111` from `222222222222`: build `[0-9a-f-]{36}` of acme\/app `main`/,
    );
    expect(said?.answer).toContain('asks for approval before it deploys to an environment that is protected');
    expect(await rollbacks()).toEqual([
      {
        branch_id: org.production,
        actor: 'github:bob',
        commit_sha: '1'.repeat(40),
        rollback_of: '2'.repeat(40),
        status: 'queued',
      },
    ]);
    const [kept] = await database.sql`
      select command, actor, permission, outcome from ops.issue_commands order by taken_at desc limit 1`;
    expect({ ...kept }).toEqual({ command: 'rollback', actor: 'bob', permission: 'write', outcome: 'done' });
  });

  it('of a branch with an environment names it', async () => {
    await database.superuser`update ops.branches set environment = 'qa' where id = ${org.staging}`;
    await built('3'.repeat(40), 'succeeded', org.staging);
    await built('4'.repeat(40), 'succeeded', org.staging);
    const said = await say('acme/app staging');
    await database.superuser`update ops.branches set environment = null`;
    expect(said?.answer).toContain('where environment `qa` is protected');
    expect(await rollbacks()).toMatchObject([{ branch_id: org.staging, commit_sha: '3'.repeat(40) }]);
  });

  it('told twice, and said twice, is one build', async () => {
    await built('1'.repeat(40), 'succeeded');
    await built('2'.repeat(40), 'failed');
    const both = await Promise.all([say('', { commentId: 5 }), say('', { commentId: 5 })]);
    expect(both.filter((said) => said !== null)).toHaveLength(1);
    expect(await say('app main')).toMatchObject({ outcome: 'done' });
    expect(await rollbacks()).toHaveLength(1);
  });

  it.each([
    ['', 'read', /people with the role write/],
    ['shop', 'write', /There is no project shop/],
    ['app nowhere', 'write', /no branch nowhere[\s\S]*Name one of: main, staging, dev/],
    ['app main now', 'write', /more than a project and a branch/],
    ["app' main", 'write', /There is no project/],
    ['', 'write', /no verified commit to go back to/],
  ])('%j of somebody with the role %s is refused, and changes nothing', async (rest, permission, answer) => {
    const said = await say(rest, { permission });
    expect(said?.outcome).toBe('refused');
    expect(said?.answer).toMatch(answer);
    expect(await rollbacks()).toEqual([]);
  });

  it('asks which project when there are several', async () => {
    await built('1'.repeat(40), 'succeeded');
    await built('2'.repeat(40), 'failed');
    await addOrganisation(database.sql, 'other');
    expect((await say(''))?.answer).toMatch(/Which project\?[\s\S]*\/rollback shop/);
    expect((await say('app'))?.answer).toMatch(/several projects[\s\S]*acme\/app, other\/app/i);
    expect(await say('acme/app')).toMatchObject({ outcome: 'done' });
  });
});
