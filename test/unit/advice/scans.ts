/** Scans made by hand, so that a test says what it is about and nothing else. */
import type { ScanReport } from '../../../actions/_shared/checks/advice/scan.ts';
import type { ScannedFinding } from '../../../actions/_shared/checks/advice/suppressions.ts';
import { type FindingLevel, makeFinding } from '../../../actions/_shared/checks/finding.ts';
import type { AdvisoryPolicy, Suppression } from '../../../actions/_shared/declare/kinds/advisory-policy.ts';
import { resolveAdvisories } from '../../../actions/_shared/declare/kinds/advisory-policy.ts';

export function found(
  name: string,
  object: string,
  more: { readonly level?: FindingLevel; readonly suppression?: Suppression } = {},
): ScannedFinding {
  return {
    object,
    suppression: more.suppression ?? null,
    finding: makeFinding({
      name,
      level: more.level ?? 'WARN',
      title: `Title of ${name}`,
      detail: `Detail of ${object}.`,
      remediation: 'Mend it.',
      evidence: { object },
      cache_key: `${name}_${object}`,
    }),
  };
}

export function suppressionOf(cacheKey: string, expires = '2027-01-31'): Suppression {
  return {
    cacheKey,
    owner: '@platform-team',
    reason: 'We know',
    expires,
    file: 'runbooks/advisories/defaults.yaml',
  };
}

export function report(parts: Partial<ScanReport> = {}): ScanReport {
  return {
    schema_version: 1,
    environment: 'production',
    at: '2026-11-21T03:43:00.000Z',
    findings: [],
    evaluated: [],
    unevaluated: [],
    notApplicable: [],
    disabled: [],
    schemas: ['public'],
    ...parts,
  };
}

/** Everything on, as it comes. */
export function policy(): AdvisoryPolicy {
  return resolveAdvisories([], 'production');
}
