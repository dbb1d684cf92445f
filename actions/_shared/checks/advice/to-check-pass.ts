/** A scan in the form alerts are kept from: one group, and so one issue, a rule. Pure. */
import type { AdvisoryPolicy } from '../../declare/kinds/advisory-policy.ts';
import type { CheckPass, CheckPolicy, CheckResult } from '../check-pass.ts';
import { makeFinding, severityOf } from '../finding.ts';
import type { ScanReport } from './scan.ts';
import type { ScannedFinding } from './suppressions.ts';

/** Objects of one rule that become alerts; more of the same kind say nothing new. */
const MOST_OBJECTS = 200;
const DAY = 86_400;

/** A pass of the source `advisories`. */
export interface AdvicePass extends CheckPass {
  readonly source: 'advisories';
}

/**
 * What is neither suppressed, nor well, nor a mere note becomes a result. A rule that could not look in full is unknown where
 * it had found something before (`alerted`), and otherwise left as it was: the finding `cannot_evaluate` says that.
 *
 * @param alerted rules of which alerts are open
 */
export function toCheckPass(
  report: ScanReport,
  { policy, alerted }: { readonly policy: AdvisoryPolicy; readonly alerted: ReadonlySet<string> },
): AdvicePass {
  const open = report.findings.filter(
    ({ finding, suppression }) => suppression === null && finding.level !== 'INFO',
  );
  const byRule = Map.groupBy(open, ({ finding }) => finding.name);
  const results = [
    ...[...byRule].flatMap(([rule, found]) => resultsOf(rule, found)),
    ...report.unevaluated.filter(({ rule }) => alerted.has(rule) || byRule.has(rule)).map(unknownRule),
  ];
  const rules = Object.entries(policy.rules).filter(([, { enabled }]) => enabled);
  const evaluated = [...report.evaluated, ...report.notApplicable.map(({ rule }) => rule)].sort();
  const told = new Set([...evaluated, ...results.map(({ check }) => check)]);
  return {
    source: 'advisories',
    at: report.at,
    environment: report.environment,
    evaluated,
    skipped: rules.map(([name]) => name).filter((name) => !told.has(name)),
    results: results.sort((a, b) => (`${a.check} ${a.object}` < `${b.check} ${b.object}` ? -1 : 1)),
    policies: Object.fromEntries(rules.map(([name, { owner }]) => [name, policyOf(name, owner)])),
  };
}

/** One look is enough to believe what stands in a catalog, and one is enough to see that it is gone. */
function policyOf(rule: string, owner: string | null): CheckPolicy {
  return {
    for: { failing: 1, of: 1 },
    hold_open_s: 0,
    reopen_within_s: 30 * DAY,
    owner,
    runbook: null,
    runbook_command: null,
    group: `advice:${rule}`,
    mutes: [],
  };
}

function resultsOf(rule: string, found: readonly ScannedFinding[]): readonly CheckResult[] {
  const shown = found.slice(0, MOST_OBJECTS).map(
    ({ finding, object }): CheckResult => ({
      check: rule,
      object: object.slice(0, 200),
      state: 'firing',
      severity: severityOf(finding.level),
      finding,
    }),
  );
  const [first] = found;
  const left = found.length - shown.length;
  if (first === undefined || left === 0) return shown;
  const more = makeFinding({
    ...first.finding,
    detail: `${left} more of this kind; opsroom scan lists them all.`,
    evidence: { more: left },
    cache_key: `${rule}_more`,
  });
  return [
    ...shown,
    { check: rule, object: 'and more', state: 'firing', severity: severityOf(more.level), finding: more },
  ];
}

function unknownRule({ rule, reason }: ScanReport['unevaluated'][number]): CheckResult {
  const finding = makeFinding({
    name: rule,
    level: 'INFO',
    title: 'An advisory rule could not look',
    detail: `${rule}: ${reason}.`,
    remediation: 'Give the scan what it lacks; what it had found before stands until then.',
    evidence: { reason },
    cache_key: `cannot_evaluate_${rule}`,
  });
  return { check: rule, object: '', state: 'unknown', severity: 'info', finding };
}
