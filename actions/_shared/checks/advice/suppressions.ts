/** What is lived with: which findings a file suppresses, which of its entries are over, and which nothing needs. Pure. */
import type { AdvisoryPolicy, Suppression } from '../../declare/kinds/advisory-policy.ts';
import { type Finding, makeFinding } from '../finding.ts';

/** A finding of a scan: what it is about, and who lives with it, if anybody. */
export interface ScannedFinding {
  readonly finding: Finding;
  /** The job, table, secret ... in a line of a checklist. */
  readonly object: string;
  readonly suppression: Suppression | null;
}

/** Marks what is suppressed on `today` (`YYYY-MM-DD`, UTC). The first entry that matches counts. */
export function suppress(
  found: readonly Omit<ScannedFinding, 'suppression'>[],
  suppressions: readonly Suppression[],
  today: string,
): readonly ScannedFinding[] {
  const current = suppressions
    .filter(({ expires }) => expires >= today)
    .map((suppression) => ({ suppression, matches: globMatcher(suppression.cacheKey) }));
  return found.map((each) => ({
    ...each,
    suppression: current.find(({ matches }) => matches(each.finding.cache_key))?.suppression ?? null,
  }));
}

/** Advice about the suppressions themselves. */
export function judgeSuppressions(
  found: readonly ScannedFinding[],
  options: {
    readonly suppressions: readonly Suppression[];
    readonly rules: AdvisoryPolicy['rules'];
    readonly today: string;
    /** Rules that were not asked, or not in full: what they would have found may need an entry. */
    readonly silent: readonly string[];
  },
): readonly Omit<ScannedFinding, 'suppression'>[] {
  const { suppressions, today, rules, silent } = options;
  const used = new Set(found.map(({ suppression }) => suppression));
  return suppressions.flatMap((suppression) => {
    const { cacheKey, owner, reason, expires, file } = suppression;
    const evidence = { owner, reason, expires, file };
    if (expires < today) {
      const back = found.filter(({ finding }) => globMatcher(cacheKey)(finding.cache_key)).length;
      return rules.suppression_expired.enabled
        ? [
            {
              object: cacheKey,
              finding: makeFinding({
                name: 'suppression_expired',
                level: rules.suppression_expired.level ?? 'WARN',
                title: 'A suppression is over',
                detail: `${cacheKey} of ${owner} was lived with until ${expires} (${reason}); ${back} findings are back. See ${file}.`,
                remediation:
                  'Mend what it was about and remove the entry, or say anew how long it is lived with, and why.',
                evidence: { ...evidence, findings_back: back },
                cache_key: `suppression_expired_${cacheKey}`,
              }),
            },
          ]
        : [];
    }
    if (
      used.has(suppression) ||
      !rules.suppression_unused.enabled ||
      silent.some((rule) => mayMatch(cacheKey, rule))
    )
      return [];
    return [
      {
        object: cacheKey,
        finding: makeFinding({
          name: 'suppression_unused',
          level: rules.suppression_unused.level ?? 'INFO',
          title: 'A suppression nothing needs',
          detail: `Nothing found has a cache_key like ${cacheKey} any more. See ${file}.`,
          remediation: 'Remove the entry, before it hides something new of that name.',
          evidence,
          cache_key: `suppression_unused_${cacheKey}`,
        }),
      },
    ];
  });
}

/** Whether a text fits a glob as a whole: `*` stands for any characters, `?` for one. Takes no time that grows with stars. */
export function globMatcher(glob: string): (text: string) => boolean {
  const pieces = glob.split(/\*+/);
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text.length === first.length && fitsAt(text, first, 0);
  return (text) => {
    if (text.length < first.length + last.length || !fitsAt(text, first, 0)) return false;
    const end = text.length - last.length;
    if (!fitsAt(text, last, end)) return false;
    let at = first.length;
    for (const piece of rest) {
      while (at + piece.length <= end && !fitsAt(text, piece, at)) at += 1;
      if (at + piece.length > end) return false;
      at += piece.length;
    }
    return true;
  };
}

function fitsAt(text: string, piece: string, at: number): boolean {
  for (let index = 0; index < piece.length; index += 1) {
    if (piece[index] !== '?' && piece[index] !== text[at + index]) return false;
  }
  return true;
}

/** Whether a glob could match a key of a rule: keys begin with the rule's name. */
function mayMatch(glob: string, rule: string): boolean {
  const literal = /^[^*?]*/.exec(glob)?.[0] ?? '';
  return literal.startsWith(rule) || rule.startsWith(literal);
}
