/**
 * Text somebody else wrote (commands of hand-made jobs, error messages of the server) with what looks like a secret cut
 * out: JSON web tokens, Supabase keys, bearer tokens, passwords in URLs, and literals given to a header that proves
 * identity. Better one literal too many than one too few.
 */
export function redactSecrets(text: string): string {
  if (!HINT.test(text)) return text;
  return SECRET_PATTERNS.reduce((cut, pattern) => cut.replace(pattern, keepPrefix), text);
}

/** True when `redactSecrets` would cut something out. */
export function holdsSecret(text: string): boolean {
  return redactSecrets(text) !== text;
}

const MARK = '[redacted]';

/** Cheap test that nothing below can match: most texts hold no secret, and there may be ten thousand of them. */
const HINT =
  /eyJ|sb_|sbp_|gh[pousr]_|github_pat_|sk-|xox|AKIA|PRIVATE KEY|bearer|basic|:\/\/[^\s/]*@|authorization|api-?key|token|secret|password/i;

const SECRET_PATTERNS: readonly RegExp[] = [
  /()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /()\bsb_(?:secret|publishable)_[A-Za-z0-9_-]{8,}/g,
  /()\bsbp_[A-Za-z0-9]{20,}/g,
  /()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g,
  /()\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/g,
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /((?:bearer|basic)\s+)(?!\[redacted\])[A-Za-z0-9._~+/=-]{6,}/gi,
  /([a-z][a-z0-9+.-]*:\/\/[^\s:@/']+:)[^\s@/']+(?=@)/gi,
  // 'x-job-token', 'literal'   "apikey": "literal"   'Authorization' => 'literal'
  /(['"](?:authorization|apikey|api-key|x-api-key|x-[a-z-]*(?:token|secret|key)|[a-z_-]*(?:password|secret|token))['"]\s*(?:,|:|=>)\s*['"])(?!\[redacted\]|(?:bearer|basic)\s)[^'"]{4,}(?=['"])/gi,
];

function keepPrefix(_whole: string, prefix: string): string {
  return `${prefix}${MARK}`;
}
