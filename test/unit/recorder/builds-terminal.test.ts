import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Branch, Build } from '../../../actions/_shared/builds/reading/build.ts';
import { renderBuilds, renderLanes } from '../../../actions/_shared/builds/reading/builds-terminal.ts';
import { agoOf, tookOf } from '../../../actions/_shared/builds/reading/durations.ts';

const now = new Date('2026-11-21T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const view = { color: false, width: 80, now };

const build = (more: Partial<Build> = {}): Build => ({
  id: '01a1fdb7-ad22-77f3-a91f-b2a71db3e178',
  status: 'succeeded',
  attempt: 1,
  trigger: 'push',
  actor: 'alice',
  commitSha: 'a3f1c09b2e7788990011223344556677889900aa',
  commitMessage: 'Ship the new checkout page\n\nwith three payment methods',
  error: null,
  githubRunUrl: 'https://github.com/acme/app/actions/runs/4711',
  environmentUrl: 'https://shop.example.test',
  createdAt: ago(7200),
  startedAt: ago(7190),
  finishedAt: ago(7095),
  branch: 'main',
  lane: 'production',
  project: 'shop',
  ...more,
});
const branch = (name: string, lane: Branch['lane'], lastBuild: Branch['lastBuild'] = build()): Branch => ({
  id: '01a1fdb7-ad22-77f3-a91f-000000000000',
  name,
  lane,
  buildCount: 3,
  health: 'healthy',
  lastBuild,
});

describe('opsroom builds', () => {
  it('shows three lanes in their order, each branch with how its last build is, of what, by whom, and where to look', () => {
    const text = renderLanes(
      [
        branch('dev', 'development', null),
        branch('main', 'production'),
        branch(
          'staging',
          'staging',
          build({ status: 'failed', attempt: 2, error: 'it broke', environmentUrl: null, trigger: 'manual' }),
        ),
      ],
      view,
    );
    expect(text).toBe(`PRODUCTION
  main     succeeded   2 h ago, took 1 min 35 s, push by alice
    a3f1c09 Ship the new checkout page
    1db3e178  https://shop.example.test

STAGING
  staging  failed, try 2  2 h ago, took 1 min 35 s, manual by alice
    a3f1c09 Ship the new checkout page
    it broke
    1db3e178  https://github.com/acme/app/actions/runs/4711

DEVELOPMENT
  dev      no build yet

opsroom logs 1db3e178 shows the log of that build.
`);
  });

  it('fits into 80 columns, whatever names and messages people choose', () => {
    const long = 'words-of-somebody-who-likes-them-'.repeat(10);
    const text = renderLanes(
      [
        branch(
          long,
          'development',
          build({ commitMessage: long, error: long, actor: 'somebody-with-a-name' }),
        ),
        { ...branch('x', 'production', build({ status: 'dispatched', startedAt: null })), health: 'failing' },
      ],
      view,
    );
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(text).toContain('2 h ago, failing, push by alice');
  });

  it('names the project only where there are several, and hides no control character', () => {
    const one = renderBuilds([build(), build({ branch: 'dev' })], view);
    expect(one).not.toContain('shop main');
    const several = renderBuilds([build(), build({ project: 'blog', commitMessage: 'a\u001b[31mb' })], view);
    expect(several).toContain('shop main');
    expect(several).toContain('blog main');
    expect(several).toContain('a\\x1b[31mb');
    expect(renderBuilds([], view)).toBe('No builds.\n');
  });

  it('says the same in colour', () => {
    const builds = [build(), build({ status: 'failed', error: 'it broke' })];
    const colored = renderBuilds(builds, { ...view, color: true });
    expect(colored).not.toBe(stripVTControlCharacters(colored));
    expect(stripVTControlCharacters(colored)).toBe(renderBuilds(builds, view));
  });
});

it('says times as people do', () => {
  expect([0, 59, 119, 120, 7199, 7200, 172_799, 172_800].map((seconds) => agoOf(ago(seconds), now))).toEqual([
    '0 s ago',
    '59 s ago',
    '119 s ago',
    '2 min ago',
    '119 min ago',
    '2 h ago',
    '47 h ago',
    '2 d ago',
  ]);
  const took = (from: number, to: number | null): string =>
    tookOf({ startedAt: ago(from), finishedAt: to === null ? null : ago(to) }, now);
  expect([took(59, 0), took(61, 0), took(7300, 0), took(10, null)]).toEqual([
    'took 59 s',
    'took 1 min 1 s',
    'took 2 h 1 min',
    'for 10 s now',
  ]);
  expect(tookOf({ startedAt: null, finishedAt: null }, now)).toBe('');
});
