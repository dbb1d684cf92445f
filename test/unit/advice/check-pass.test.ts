import { describe, expect, it } from 'vitest';
import { toCheckPass } from '../../../actions/_shared/checks/advice/to-check-pass.ts';
import { found, policy, report, suppressionOf } from './scans.ts';

const pass = (parts: Parameters<typeof report>[0], alerted: readonly string[] = []) =>
  toCheckPass(report(parts), { policy: policy(), alerted: new Set(alerted) });

describe('a scan as a pass', () => {
  it('makes warnings and errors results, one group a rule; notes and what is lived with are well', () => {
    const { results, evaluated, policies, source } = pass({
      findings: [
        found('secret_missing', 'job_token', { level: 'ERROR' }),
        found('cron_name_twins', 'sync'),
        found('unused_index', 'public_log', { level: 'INFO' }),
        found('no_primary_key', 'public_log', { suppression: suppressionOf('no_primary_key_*') }),
      ],
      evaluated: ['secret_missing', 'cron_name_twins', 'unused_index', 'no_primary_key'],
      notApplicable: [{ rule: 'pg_cron_outdated', reason: 'there is no pg_cron here' }],
    });
    expect(source).toBe('advisories');
    expect(results.map(({ check, object, state, severity }) => [check, object, state, severity])).toEqual([
      ['cron_name_twins', 'sync', 'firing', 'warning'],
      ['secret_missing', 'job_token', 'firing', 'critical'],
    ]);
    expect(evaluated).toEqual([
      'cron_name_twins',
      'no_primary_key',
      'pg_cron_outdated',
      'secret_missing',
      'unused_index',
    ]);
    expect(policies.secret_missing).toMatchObject({
      group: 'advice:secret_missing',
      for: { failing: 1, of: 1 },
    });
  });

  it('never calls a rule well that could not look: unknown where it had found something, else left alone', () => {
    const unevaluated = [
      { rule: 'secret_missing', reason: 'the Vault is closed' },
      { rule: 'secret_old', reason: 'the Vault is closed' },
    ];
    const { results, evaluated, skipped } = pass({ unevaluated }, ['secret_missing']);
    expect(results).toMatchObject([
      { check: 'secret_missing', object: '', state: 'unknown', severity: 'info' },
    ]);
    expect(skipped).toContain('secret_old');
    expect(skipped).not.toContain('secret_missing');
    expect(evaluated).toEqual([]);
  });

  it('keeps what a rule saw that could not look at everything', () => {
    const { results, evaluated, skipped } = pass({
      findings: [found('cron_unmanaged_jobs', 'stranger')],
      unevaluated: [{ rule: 'cron_unmanaged_jobs', reason: 'others are hidden' }],
    });
    expect(results).toMatchObject([
      { check: 'cron_unmanaged_jobs', object: '', state: 'unknown' },
      { check: 'cron_unmanaged_jobs', object: 'stranger', state: 'firing' },
    ]);
    expect(evaluated).toEqual([]);
    expect(skipped).not.toContain('cron_unmanaged_jobs');
  });

  it('is bounded: what goes beyond 200 objects of a rule is one result that says how many', () => {
    const findings = Array.from({ length: 250 }, (_, n) => found('no_primary_key', `public_t${n}`));
    const { results } = pass({ findings, evaluated: ['no_primary_key'] });
    expect(results).toHaveLength(201);
    expect(results.find(({ object }) => object === 'and more')?.finding.detail).toContain('50 more');
  });

  it('has no policy for a rule that is switched off, so that its alerts end', () => {
    const off = policy();
    const rules = { ...off.rules, secret_missing: { ...off.rules.secret_missing, enabled: false } };
    const { policies } = toCheckPass(report(), { policy: { ...off, rules }, alerted: new Set() });
    expect(Object.keys(policies)).not.toContain('secret_missing');
    expect(Object.keys(policies)).toContain('secret_old');
  });
});
