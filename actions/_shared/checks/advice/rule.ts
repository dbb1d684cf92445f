/** What an advisory rule is: it names the facts it needs and decides, without asking anybody, what is wrong. */

import type { OwnRuleName, ThresholdName } from '../../declare/kinds/advisory-rules.ts';
import type { DesiredState, EnvironmentDeclaration } from '../../declare/model.ts';
import type { FindingLevel } from '../finding.ts';
import type { FactName, Facts, SeenFacts } from './facts.ts';

/** One thing a rule found. */
export interface AdviceRow {
  /** The job, secret, branch ... it is about: what a checklist shows. */
  readonly object: string;
  readonly detail: string;
  /** When one object can be wrong in several ways: what tells them apart in the `cache_key`. */
  readonly key?: string;
  readonly evidence?: object;
  /** When this one is worse, or less bad, than the rule. */
  readonly level?: FindingLevel;
  /** When something else than usual is to be done. */
  readonly remediation?: string;
}

/** What a rule knows beside facts. */
export interface AdviceContext<Name extends OwnRuleName = OwnRuleName> {
  readonly desired: DesiredState;
  readonly environment: EnvironmentDeclaration;
  readonly now: Date;
  /** The threshold a file set, or its default. */
  readonly threshold: (name: ThresholdName<Name>) => number;
}

/** What came of asking a rule. */
export type Evaluation =
  | { readonly kind: 'evaluated'; readonly rows: readonly AdviceRow[] }
  /** What the rule is about does not exist here, so nothing of it can be wrong. */
  | { readonly kind: 'not_applicable'; readonly reason: string }
  /** Nobody could look at all of it: `rows` is what was seen all the same, and less than that is not clean. */
  | { readonly kind: 'cannot_evaluate'; readonly reason: string; readonly rows: readonly AdviceRow[] };

/** A rule, ready to be asked. */
export interface AdviceRule {
  readonly name: OwnRuleName;
  readonly level: FindingLevel;
  readonly title: string;
  readonly remediation: string;
  readonly evaluate: (facts: SeenFacts, context: Omit<AdviceContext, 'threshold'> & Thresholds) => Evaluation;
}

interface Thresholds {
  readonly thresholds: Readonly<Record<string, number>>;
}

/** Makes a rule out of its words, the facts it needs, and what it decides from them. */
export function rule<const Name extends OwnRuleName, const Needed extends FactName>(parts: {
  readonly name: Name;
  readonly level: FindingLevel;
  readonly title: string;
  readonly remediation: string;
  readonly needs: readonly Needed[];
  readonly find: (
    facts: { readonly [Fact in Needed]: Facts[Fact] },
    context: AdviceContext<Name>,
  ) => readonly AdviceRow[];
}): AdviceRule {
  const { name, level, title, remediation, needs, find } = parts;
  return {
    name,
    level,
    title,
    remediation,
    evaluate: (facts, context) => {
      const seen: Partial<Record<FactName, unknown>> = {};
      const partly: string[] = [];
      for (const fact of needs) {
        const found = facts[fact];
        if (found.kind === 'absent') return { kind: 'not_applicable', reason: found.reason };
        if (found.kind === 'hidden') return { kind: 'cannot_evaluate', reason: found.reason, rows: [] };
        if (found.partly !== undefined) partly.push(found.partly);
        seen[fact] = found.value;
      }
      const rows = find(seen as { readonly [Fact in Needed]: Facts[Fact] }, {
        ...context,
        threshold: (key) => context.thresholds[key] ?? missingThreshold(name, key),
      });
      const [reason] = partly;
      return reason === undefined ? { kind: 'evaluated', rows } : { kind: 'cannot_evaluate', reason, rows };
    },
  };
}

function missingThreshold(rule: string, key: string): never {
  throw new Error(`the rule ${rule} has no threshold ${key}`);
}
