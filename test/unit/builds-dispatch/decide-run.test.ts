import { describe, expect, it } from 'vitest';
import {
  type RunEnding,
  verdictOfEnding,
  verdictOfLiving,
} from '../../../actions/_shared/builds/dispatch/decide-run.ts';

const ending = (conclusion: string, more: Partial<RunEnding> = {}): RunEnding => ({
  runId: 7,
  conclusion,
  job: null,
  rejection: null,
  environmentUrl: null,
  ...more,
});
const job = { name: 'build', step: 'Compile', isVanished: false, isUnstarted: false };

describe('a run that is over', () => {
  it.each([
    ['success', 'succeeded'],
    ['neutral', 'succeeded'],
    ['cancelled', 'cancelled'],
    ['failure', 'failed'],
    ['timed_out', 'failed'],
    ['startup_failure', 'failed'],
    ['action_required', 'failed'],
    ['skipped', 'failed'],
    ['stale', 'failed'],
    ['a_word_of_next_year', 'failed'],
  ])('as %s makes its build %s', (conclusion, truth) => {
    expect(verdictOfEnding(ending(conclusion)).truth).toBe(truth);
  });

  it('says where it failed', () => {
    expect(verdictOfEnding(ending('failure', { job })).why).toBe(
      'run 7 ended as failure on GitHub: job build, step Compile',
    );
    expect(verdictOfEnding(ending('timed_out', { job: { ...job, step: null } })).why).toContain(
      ': job build',
    );
  });

  it('in the middle of a step is gone, only when nobody rejected it and it did not run out of time', () => {
    const vanished = { ...job, step: null, isVanished: true };
    expect(verdictOfEnding(ending('failure', { job: vanished })).truth).toBe('gone');
    expect(verdictOfEnding(ending('timed_out', { job: vanished })).truth).toBe('failed');
    expect(verdictOfEnding(ending('cancelled', { job: vanished })).truth).toBe('cancelled');
  });

  it('because somebody said no is told in their words', () => {
    const rejection = { login: 'bob', environments: ['production'], comment: ' not today ' };
    expect(verdictOfEnding(ending('failure', { rejection })).why).toBe(
      'bob rejected the deployment to production of run 7: not today',
    );
    expect(
      verdictOfEnding(ending('failure', { rejection: { login: 'bob', environments: [], comment: '' } })).why,
    ).toBe('bob rejected the deployment of run 7');
  });
});

describe('a run that goes on', () => {
  it('is worth a word when it waits for people', () => {
    expect(verdictOfLiving(7, { status: 'in_progress' })).toEqual({ truth: 'alive', why: null });
    expect(verdictOfLiving(7, { status: 'waiting' }).why).toMatch(/approval/);
  });
});
