import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Chaos, FaultKind } from '../../local/github/faults.ts';
import type { GitHubStandIn } from '../../local/github/server.ts';
import { repository as at, startRepository, statusOf, workflowClient } from './github/fixture.ts';

let github: GitHubStandIn;
let time: number;

beforeEach(async () => {
  time = Date.now();
  github = await startRepository({ now: () => new Date(time) });
});

afterEach(() => github.stop());

const issues = () => workflowClient(github, { issues: 'write' }).issues;
const titles = async () =>
  (await issues().listForRepo({ ...at, per_page: 100, direction: 'asc' })).data.map(({ title }) => title);

describe('faults', () => {
  it.each<[FaultKind, number, boolean, string]>([
    ['secondary_limit', 403, false, 'secondary rate limit'],
    ['too_many_requests', 429, false, 'secondary rate limit'],
    ['rate_limit', 403, false, 'API rate limit exceeded'],
    ['bad_gateway', 502, false, 'Server Error'],
    ['bad_gateway_after_write', 502, true, 'Server Error'],
    ['lost_request', 500, false, 'other side closed'],
    ['lost_answer', 500, true, 'other side closed'],
  ])('%s fails one call with %i; carried out: %s', async (kind, status, isWritten, words) => {
    github.fail({ operation: 'issues/create', kind, times: 1, retryAfter: 7 });
    const create = () => issues().create({ ...at, title: 'x' });

    await expect(create()).rejects.toMatchObject({ status, message: expect.stringContaining(words) });
    expect(github.store.issues.size).toBe(isWritten ? 1 : 0);
    expect(github.calls.at(-1)).toMatchObject({
      operation: 'issues/create',
      fault: kind,
      status: kind.startsWith('lost') ? 0 : status,
    });
    expect(await statusOf(create())).toBe(201);
    expect(github.violations).toEqual([]);
  });

  it('say when to come back', async () => {
    github.fail({ operation: 'any', kind: 'too_many_requests', times: 1, retryAfter: 7 });
    github.fail({ operation: 'any', kind: 'rate_limit', times: 1, retryAfter: 60 });
    const headers = () =>
      issues()
        .create({ ...at, title: 'x' })
        .catch((error: { readonly response: { readonly headers: object } }) => error.response.headers);

    expect(await headers()).toMatchObject({ 'retry-after': '7' });
    expect(await headers()).toMatchObject({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': expect.any(String),
    });
  });

  it('strike the operation they are for', async () => {
    github.fail({ operation: 'issues/create', kind: 'bad_gateway', times: 1 });

    expect(await titles()).toEqual([]);
    expect(await statusOf(issues().create({ ...at, title: 'x' }))).toBe(502);
  });

  it('come by chance as often as asked, and the same ones for the same seed', async () => {
    const fates = async (chaos: Chaos): Promise<string[]> => {
      const client = issues();
      const stop = github.failAtRandom(chaos);
      const before = github.calls.length;
      for (let index = 0; index < 120; index += 1) {
        await statusOf(client.get({ ...at, issue_number: 1 }));
      }
      await statusOf(issues().listLabelsForRepo(at));
      stop();
      return github.calls.slice(before).map(({ operation, fault }) => `${operation} ${fault ?? 'fine'}`);
    };
    const chaos: Chaos = { seed: 7, rate: 0.3, operations: ['issues/get'] };
    const first = await fates(chaos);

    expect(await fates(chaos)).toEqual(first);
    expect(await fates({ ...chaos, seed: 8 })).not.toEqual(first);
    const struck = first.filter((fate) => !fate.endsWith('fine'));
    expect(struck.length).toBeGreaterThan(20);
    expect(struck.length).toBeLessThan(55);
    expect(struck.every((fate) => fate.startsWith('issues/get '))).toBe(true);
    expect(new Set(struck).size).toBe(7);
  });

  it('let lists show an old world: what was made, changed and closed since is not there yet', async () => {
    const alice = github.as('alice');
    alice.openIssue({ title: 'old' });
    alice.openIssue({ title: 'closed by now' });
    github.lagBehind(2);
    alice.openIssue({ title: 'new' });
    alice.editIssue(1, { title: 'renamed' });
    alice.closeIssue(2);

    expect(await titles()).toEqual(['old', 'closed by now']);
    expect((await issues().get({ ...at, issue_number: 1 })).data.title).toBe('renamed');
    expect(await titles()).toEqual(['old', 'closed by now']);
    expect(await titles()).toEqual(['renamed', 'new']);
  });

  it('let lists lag for a time', async () => {
    github.lagBehindFor(5_000);
    github.as('alice').openIssue({ title: 'new' });

    expect(await titles()).toEqual([]);
    time += 4_999;
    expect(await titles()).toEqual([]);
    time += 1;
    expect(await titles()).toEqual(['new']);
  });

  it('by chance make lists stale, too', async () => {
    github.as('alice').openIssue({ title: 'old' });
    const stop = github.failAtRandom({ seed: 1, rate: 1, kinds: ['stale_list'], staleMs: 1_000 });
    await titles();
    stop();
    github.as('alice').openIssue({ title: 'new' });

    expect(await titles()).toEqual(['old']);
    time += 1_000;
    expect(await titles()).toEqual(['old', 'new']);
  });

  it('include an hour that is used up', async () => {
    github.settle({ rateLimit: 2 });
    const rest = workflowClient(github, { issues: 'read' });
    const list = () => rest.issues.listForRepo(at);
    const { headers } = await list();

    expect(headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-used': '1',
      'x-ratelimit-remaining': '1',
    });
    expect((await rest.rateLimit.get()).data.resources.core.remaining).toBe(1);
    await list();
    expect(await statusOf(list())).toBe(403);
    time += 3_600_000;
    expect(await statusOf(list())).toBe(200);
  });
});
