/** Secrets written out where only their names belong. */
import type { Finding } from '../finding.ts';

/** What secrets look like: JSON web tokens, Supabase and GitHub keys, private keys, passwords in URLs. */
const SECRETS = [
  { name: 'a JSON web token', pattern: /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/ },
  { name: 'a Supabase secret key', pattern: /\bsb_secret_[A-Za-z0-9_-]{6,}/ },
  { name: 'a Supabase access token', pattern: /\bsbp_[A-Za-z0-9]{20,}/ },
  { name: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/ },
  {
    name: 'an API key',
    pattern: /\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/,
  },
  { name: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  {
    name: 'a password in a URL',
    pattern: /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@'"]{1,200}:[^\s:/@'"]{1,200}@/i,
  },
] as const;

const ANY_SECRET = new RegExp(SECRETS.map((secret) => `(${secret.pattern.source})`).join('|'), 'gi');
/** Cheap test that no secret can be in a text, so that most files are scanned once and simply. */
const HINT = /eyJ|sb_secret_|sbp_|gh[pousr]_|github_pat_|sk-|xox|AKIA|PRIVATE KEY|:\/\/[^\s/]*@/i;

/** A finding for each secret in the text of a file, comments included. */
export function findLiteralSecrets(text: string): readonly Finding[] {
  if (!HINT.test(text)) return [];
  return [...text.matchAll(ANY_SECRET)].map((match): Finding => {
    const which = SECRETS.findIndex((_, index) => match[index + 1] !== undefined);
    return {
      severity: 'error',
      code: 'literal-secret',
      message: `${SECRETS[which]?.name ?? 'a secret'} is written out here`,
      hint: 'Declare it in secrets.yaml, refer to it by name, and replace it where it came from: it is in the history now.',
      at: { start: match.index, end: match.index + match[0].length },
    };
  });
}

/** The text with everything that looks like a secret replaced by dots of the same length. */
export function maskSecrets(text: string): string {
  return HINT.test(text) ? text.replace(ANY_SECRET, (secret) => '•'.repeat(secret.length)) : text;
}
