import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../actions/_shared/declare/model.ts';
import { decideOutcome } from '../../../actions/plan/decide-outcome.ts';
import type { EnvironmentView } from '../../../actions/plan/plan-environment.ts';
import { withoutValues } from '../../../actions/plan/without-values.ts';
import { planOf, scheduleUpdate } from '../report/plan-fixture.ts';

const error: Diagnostic = {
  severity: 'error',
  code: 'x',
  message: 'wrong',
  location: { file: 'runbooks/a.yaml', line: 1, column: 1 },
};
const empty: EnvironmentView = { kind: 'planned', environment: 'staging', plan: planOf([]), jobs: [] };
const changing: EnvironmentView = { ...empty, plan: planOf([scheduleUpdate]) };
const blocked: EnvironmentView = { ...empty, plan: planOf([], { blockers: [error] }) };
const unknown: EnvironmentView = { kind: 'unknown', environment: 'production', reason: 'no answer' };
const linted: EnvironmentView = { kind: 'linted', environment: null, reason: 'The files were checked.' };

function reason(views: readonly EnvironmentView[], diagnostics: readonly Diagnostic[] = []) {
  return decideOutcome(views, { diagnostics, annotate: true }).reason;
}

describe('how a plan run ends', () => {
  it.each([
    ['lint_passed', [linted], []],
    ['plan_empty', [empty], []],
    ['plan_changes', [empty, changing], []],
    ['plan_blocked', [changing, blocked], []],
    ['configuration_error', [changing, blocked, unknown], []],
    ['lint_failed', [changing, unknown], [error]],
  ] as const)('is %s, decided by the worst environment', (expected, views, diagnostics) => {
    expect(reason(views, diagnostics)).toBe(expected);
  });

  it('is not stopped by deletions somebody has to consent to when they are applied, and warns of them', () => {
    const guard: Diagnostic = { ...error, code: 'deletion-guard' };
    const deleting = (blockers: readonly Diagnostic[]): EnvironmentView => ({
      ...empty,
      plan: planOf([scheduleUpdate], { blockers }),
    });

    expect(reason([deleting([guard])])).toBe('plan_changes');
    expect(reason([deleting([guard, error])])).toBe('plan_blocked');
    const { diagnostics, message } = decideOutcome([deleting([guard])], { diagnostics: [], annotate: true });
    expect(diagnostics).toMatchObject([{ code: 'deletion-guard', severity: 'warning' }]);
    expect(message).toContain('1 reason why it cannot be applied');
  });

  it('has a digest only when it is about one environment', () => {
    expect(decideOutcome([changing], { diagnostics: [], annotate: true }).outputs?.digest).toBe(
      'a'.repeat(64),
    );
    expect(decideOutcome([changing, empty], { diagnostics: [], annotate: true }).outputs?.digest).toBe('');
  });

  it('leaves lint to another job when told so, never its own findings', () => {
    const outcome = decideOutcome([blocked], { diagnostics: [error, error], annotate: false });

    expect(outcome.diagnostics).toEqual([error]);
    expect(outcome.reason).toBe('lint_failed');
  });
});

describe('a plan made without any secret value', () => {
  it('is not stopped by values the applying job brings, and says which', () => {
    const missing: Diagnostic = { ...error, code: 'secret-missing', message: 'OPS_URL is not set' };
    const unset: Diagnostic = { ...error, severity: 'notice', code: 'secret-variable-unset' };

    const plan = withoutValues(planOf([], { blockers: [missing, error], notices: [unset] }));

    expect(plan.blockers).toEqual([error]);
    expect(plan.notices).toMatchObject([
      {
        severity: 'notice',
        code: 'secret-missing',
        message: expect.stringContaining('OPS_URL is not set here'),
      },
    ]);
  });
});
