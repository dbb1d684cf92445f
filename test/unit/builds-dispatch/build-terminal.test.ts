import { describe, expect, it } from 'vitest';
import { renderStart } from '../../../actions/_shared/builds/dispatch/build-terminal.ts';
import type { BuildFacts } from '../../../actions/_shared/builds/dispatch/order-build.ts';

const build: BuildFacts = {
  buildId: '01890a5d-ac96-774b-bcce-b302099a8057',
  status: 'queued',
  error: null,
  branch: 'main',
  lane: 'production',
  environment: null,
  project: 'acme/shop',
  isDispatched: true,
  repository: 'acme/shop',
  runUrl: null,
  behind: null,
  order: null,
  orderError: null,
};
const view = { environment: 'production', wasTended: false };
const shown = (facts: Partial<BuildFacts>, more: Partial<typeof view> & { preface?: string } = {}) =>
  renderStart({ ...build, ...facts }, { ...view, ...more }).split('\n');

describe('a build that was asked for', () => {
  it.each([
    [
      'waits for a round, and how to have it now',
      {},
      {},
      /five minutes at most\. Now: gh workflow run .* environment=production/,
    ],
    ['waits behind another', { behind: 'x' }, {}, /waits for build x of the same branch/],
    ['waits for runners of its own', { isDispatched: false }, {}, /a runner of its own project/],
    ['waits although somebody tried', {}, { wasTended: true }, /paused/],
    [
      'is on its way',
      { status: 'dispatched', order: 'unknown' },
      {},
      /on its way to GitHub\. The next round/,
    ],
    [
      'was not taken',
      { status: 'dispatched', order: 'pending', orderError: 'Bad credentials' },
      {},
      /GitHub has not taken it: Bad credentials\. It is told again/,
    ],
    ['runs', { status: 'dispatched', runUrl: 'https://github.com/r/1' }, {}, /started on GitHub/],
    ['failed', { status: 'failed', error: 'No ref found' }, {}, /It is failed: No ref found/],
  ])('%s', (_, facts, more, words) => {
    const [head, said] = shown(facts, more);
    expect(head).toBe(`build ${build.buildId}  acme/shop main (production)`);
    expect(said).toMatch(words);
  });

  it('shows what others wrote without what would steer a terminal', () => {
    const text = shown({ status: 'failed', error: 'bad \u001b[2J\u0007 end' }).join('\n');
    for (const control of ['\u0007', '\u001b']) expect(text).not.toContain(control);
  });

  it('begins with what was said before it', () => {
    expect(shown({}, { preface: 'Back to 111.' })[0]).toBe('Back to 111.');
  });
});
