import { createRedaction, type Redaction } from '../../io/redaction.ts';

/**
 * What looks like a credential, whoever's it is. The same patterns as ops.redact_text (migration 20261121010007); a test holds
 * the two together.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /(?<![\p{L}\p{N}_])(?:eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?|(?:sb_secret_|sbp_|ort_|gh[pousr]_|github_pat_)[A-Za-z0-9_-]{6,}|sk-[A-Za-z0-9_-]{16,})/gu,
    '[redacted]',
  ],
  // A word after "basic" or "bearer" is one only when it looks like a credential. Never across the end of a line.
  [/(?<![\p{L}\p{N}_])(bearer|basic)([^\S\n]+|%20)(?=[^\s"'\\,;]*[0-9=_.])[^\s"'\\,;]+/giu, '$1 [redacted]'],
  [/:\/\/[^\s:/@"'\\]+:[^\s@"'\\]+@/g, '://[redacted]@'],
];

/** Words without which no pattern can match: most batches hold none, and this is looked for at once. */
const HINTS = /eyJ|sb_secret_|sbp_|ort_|gh[pousr]_|github_pat_|sk-|bearer|basic|:\/\//i;

/** Names of variables whose values are secrets, in all likelihood. */
const SECRET_NAMES =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PRIVATE_KEY|API_KEY|ACCESS_KEY|CREDENTIALS?|DATABASE_URL|DSN)$/i;

/** Cuts secrets out of text: known values, and what looks like one. */
export interface LineRedaction {
  readonly add: (value: string | undefined) => void;
  readonly redact: (text: string) => string;
}

/** @param known values that are secrets, besides what patterns find */
export function createLineRedaction(known: Iterable<string> = []): LineRedaction {
  const redaction: Redaction = createRedaction();
  for (const value of known) redaction.add(value);
  return {
    add: redaction.add,
    redact: (text) => {
      const cut = redaction.redact(text);
      if (!HINTS.test(cut)) return cut;
      return PATTERNS.reduce((rest, [pattern, by]) => rest.replaceAll(pattern, by), cut);
    },
  };
}

/** Values of an environment that should be cut out of what a command says, by the names of their variables. */
export function secretValues(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= 6 && SECRET_NAMES.test(name) ? [value] : [],
  );
}
