import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadContract } from '../../local/github/contract.ts';
import { OPERATIONS, type OperationId } from '../../local/github/operations.ts';
import type { GitHubStandIn } from '../../local/github/server.ts';
import type { Permissions } from '../../local/github/tokens.ts';
import { EVERYTHING, octokit, startRepository, statusOf } from './github/fixture.ts';
import { USES } from './github/operation-table.ts';

let github: GitHubStandIn;

beforeAll(async () => {
  github = await startRepository();
});

afterAll(() => github.stop());

it("are all there is in GitHub's description of them, and each has a use", () => {
  expect([...loadContract().operations].sort()).toEqual([...OPERATIONS].sort());
  expect(Object.keys(USES).sort()).toEqual([...OPERATIONS].sort());
});

/** Status of the one call of an operation, made with a token like this. */
async function use(operation: OperationId, permissions: Permissions): Promise<number> {
  const { person, call } = USES[operation];
  const token = github.issueToken(
    person === undefined ? { permissions } : { permissions, kind: 'person', login: person },
  );
  const before = github.calls.length;
  const status = await statusOf(call(octokit(github, token), github));
  expect(github.calls.slice(before).map((made) => made.operation)).toEqual([operation]);
  return status;
}

describe.each(OPERATIONS)('%s', (operation) => {
  const { need, or } = USES[operation];
  const others: Permissions = Object.fromEntries(
    Object.entries(EVERYTHING).filter(([scope]) => scope !== need?.scope && scope !== or),
  );

  it('succeeds with the one permission it takes, keeping to the description', async () => {
    const status = await use(operation, need === null ? {} : { [need.scope]: need.level });

    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(400);
    expect(github.violations.splice(0)).toEqual([]);
  });

  it.skipIf(need === null)('is refused with every permission but that', async () => {
    expect(await use(operation, others)).toBe(403);
    if (need?.level === 'write') expect(await use(operation, { ...others, [need.scope]: 'read' })).toBe(403);
    expect(github.violations.splice(0)).toEqual([]);
  });
});
