/** From what came of each check to the pass: one result an object, in a stable order, bounded. Pure. */
import type { DesiredCheck } from '../declare/kinds/checks-model.ts';
import type { CheckPass, CheckResult } from './check-pass.ts';
import { policyOf } from './check-policy.ts';
import { type AlertSeverity, levelOf, makeFinding } from './finding.ts';
import type { Blindness, Fault, Outcome } from './probes/probe.ts';

export interface AssembledFrom {
  readonly now: Date;
  readonly environment: string;
  /** Everything declared here. */
  readonly declared: readonly DesiredCheck[];
  /** Of those whose turn it was. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly redact: (text: string) => string;
}

/** Objects a check may name, and all checks together: a database can be wrong in ten thousand places at once. */
const MOST = { ofCheck: 500, ofPass: 20_000 } as const;

const RANK: Readonly<Record<AlertSeverity, number>> = { critical: 0, warning: 1, info: 2 };

/** Puts a pass together. */
export function assemblePass({ now, environment, declared, outcomes, redact }: AssembledFrom): CheckPass {
  const evaluated: string[] = [];
  const skipped: string[] = [];
  const results: CheckResult[] = [];
  for (const check of [...declared].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const outcome = outcomes.get(check.name);
    if (outcome === undefined) {
      skipped.push(check.name);
      continue;
    }
    const room = Math.min(MOST.ofCheck, Math.max(1, MOST.ofPass - results.length));
    const found = resultsOf(check, outcome, redact);
    results.push(...bounded(check, found, room, redact));
    // What was left out must not count as well.
    if (outcome.state === 'looked' && found.length <= room) evaluated.push(check.name);
  }
  return {
    at: now.toISOString(),
    environment,
    evaluated,
    skipped,
    results,
    policies: Object.fromEntries(declared.map((check) => [check.name, policyOf(check)])),
  };
}

/** One result an object, by object. */
function resultsOf(
  check: DesiredCheck,
  outcome: Outcome,
  redact: (text: string) => string,
): readonly CheckResult[] {
  if (outcome.state === 'blind') return [unknownResult(check, { object: '', ...outcome }, redact)];
  const byObject = Map.groupBy(outcome.faults, ({ object }) => object);
  const firing = [...byObject].map(([object, faults]) => firingResult(check, object, faults, redact));
  const unclear = (outcome.blind ?? [])
    .filter(({ object }) => !byObject.has(object))
    .map((one) => unknownResult(check, one, redact));
  return [...firing, ...unclear].sort((a, b) => (a.object < b.object ? -1 : 1));
}

/** The worst of an object's faults, the first among equals; the others are named in its evidence. */
function firingResult(
  check: DesiredCheck,
  object: string,
  faults: readonly Fault[],
  redact: (text: string) => string,
): CheckResult {
  const [worst, ...others] = faults
    .map((fault) => ({ fault, severity: fault.severity ?? check.severity }))
    .sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  if (worst === undefined) throw new Error('an object without faults');
  const { fault, severity } = worst;
  const also = others.map(({ fault: { name, detail } }) => `${name}: ${detail}`);
  return {
    check: check.name,
    object,
    state: 'firing',
    severity,
    finding: makeFinding(
      {
        name: fault.name,
        level: levelOf(severity),
        title: fault.title,
        detail: fault.detail,
        remediation: fault.remediation,
        evidence: { ...fault.evidence, ...(also.length === 0 ? {} : { also }) },
        cache_key: keyOf(fault.name, check.name, object),
      },
      redact,
    ),
  };
}

function unknownResult(
  check: DesiredCheck,
  { object, reason, remediation, evidence }: Blindness & { readonly object: string },
  redact: (text: string) => string,
): CheckResult {
  const severity = check.severity === 'info' ? 'info' : 'warning';
  return {
    check: check.name,
    object,
    state: 'unknown',
    severity,
    finding: makeFinding(
      {
        name: 'cannot_evaluate',
        level: levelOf(severity),
        title: `The check ${check.name} could not look${object === '' ? '' : ` at ${object}`}`,
        detail: reason,
        remediation,
        evidence: evidence ?? {},
        cache_key: keyOf('cannot_evaluate', check.name, object),
      },
      redact,
    ),
  };
}

/** The worst of too many, and one more that says how many are left out. */
function bounded(
  check: DesiredCheck,
  found: readonly CheckResult[],
  room: number,
  redact: (text: string) => string,
): readonly CheckResult[] {
  if (found.length <= room) return found;
  const worst = [...found].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const [first] = worst;
  const kept = worst
    .filter(({ object }) => object !== '')
    .slice(0, room - 1)
    .sort((a, b) => (a.object < b.object ? -1 : 1));
  const left = found.length - kept.length;
  const finding = makeFinding(
    {
      name: 'too_many_objects',
      level: levelOf(first?.severity ?? check.severity),
      title: `${found.length.toLocaleString('en-US')} things are wrong: ${check.description}`,
      detail: `${left.toLocaleString('en-US')} of them are not named one by one; the first: ${first?.finding.title ?? ''}`,
      remediation: first?.finding.remediation ?? '',
      evidence: { found: found.length, named: kept.length },
      cache_key: keyOf('too_many_objects', check.name, ''),
    },
    redact,
  );
  const severity = first?.severity ?? check.severity;
  return [{ check: check.name, object: '', state: 'firing', severity, finding }, ...kept];
}

function keyOf(name: string, check: string, object: string): string {
  return [name, check, ...(object === '' ? [] : [object])].join('_');
}
