/** Where in a text something looks like a secret: from `start` up to `end`, in UTF-16 units. */
export interface SecretSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * What looks like a secret in a text somebody else wrote: JSON web tokens, keys of known make, bearer tokens, passwords in
 * URLs and connection strings, and literals given to a name that stands for a secret. Better one literal too many than one
 * too few. In order, and none overlaps another.
 */
export function secretSpans(text: string): readonly SecretSpan[] {
  return HINT.test(text) ? merged(matches(text, PATTERNS)) : [];
}

/**
 * The same for a command, where words that look drawn by lot are taken for secrets too: nothing says what they are for, and
 * who wrote them by hand would have written words.
 */
export function secretSpansOfCommand(command: string): readonly SecretSpan[] {
  const spans = [
    ...matches(command, PATTERNS),
    ...matches(command, COMMAND_PATTERNS),
    ...randomWords(command),
  ];
  return merged(spans.map((span) => withContinuation(command, span)));
}

/** A text without the spans: each becomes `[redacted]`. */
export function withoutSpans(text: string, spans: readonly SecretSpan[]): string {
  let at = 0;
  let result = '';
  for (const { start, end } of spans) {
    result += `${text.slice(at, start)}[redacted]`;
    at = end;
  }
  return result + text.slice(at);
}

/** True for a text that is one long word drawn by lot, or holds one: the end of a webhook's address, for example. */
export function holdsRandomWord(text: string): boolean {
  return UUID.test(text) || randomWords(text).length > 0;
}

/** Cheap test that no pattern below can match: most texts hold no secret, and there may be ten thousand of them. */
const HINT =
  /eyJ|sb_|sbp_|gh[pousr]_|github_pat_|sk-|xox|AKIA|PRIVATE KEY|bearer|basic|:\/\/[^\s/]*@|auth|key|token|secret|passw|passphrase|pwd|credential|cookie|signature|jwt|session|sign|hmac|pgp_|-u\s|sig=/i;

/** Names that end like this stand for a secret. */
const SECRET_NAME =
  '(?<![\\w.-])[\\w.-]{0,60}?(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|authorization|[_.-]auth|cookie|signature|jwt|session|sessionid|session_id|api-?key|\\w[_.-]key|accesskey|privatekey)';

// The scheme before a token that comes from elsewhere ('Bearer ' || ...) is no secret, and neither is what was cut out.
const NO_VALUE = '(?!\\[redacted\\]|(?:bearer|basic)\\s|[A-Za-z-]{2,15}\\s+[\'"])';

/** Each: a group for what stays, then what goes. */
const PATTERNS: readonly RegExp[] = [
  /()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /()\bsb_(?:secret|publishable)_[A-Za-z0-9_-]{8,}/g,
  /()\bsbp_[A-Za-z0-9]{20,}/g,
  /()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g,
  /()\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/g,
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /((?:bearer|basic)\s+)(?!\[redacted\])[A-Za-z0-9._~+/=-]{6,}/gi,
  /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:@/']{1,200}:)[^\s@/']{1,1000}(?=@)/gi,
  // ?apikey=...  &X-Amz-Signature=...
  /([?&;][\w.-]{0,60}(?:key|token|secret|passw(?:or)?d|pwd|signature|sig|credential|auth)=)(?!\[redacted\])[^&\s'"\\#]+/gi,
  // host=... password=... of a connection string; curl -u user:...
  /(\b(?:ssl)?(?:password|passwd|pwd)=)(?!\[redacted\]|\w+[.(])[^\s'"&;,)]+/gi,
  /(\s(?:-u|--user)\s+["']?[^\s:'"]{1,100}:)[^\s'"]+/g,
  // 'x-job-token', 'literal'   "apikey": "literal"   secret_key := 'literal'   password 'literal'
  new RegExp(`(${SECRET_NAME}['"]?\\s*(?::=|=>|=|,|:)\\s*(?:e|u&)?')${NO_VALUE}(?:[^']|'')+(?=')`, 'gi'),
  new RegExp(`(${SECRET_NAME}['"]?\\s*(?:=>|,|:)\\s*")${NO_VALUE}(?:[^"'\\\\]|\\\\.|'')+(?=")`, 'gi'),
  new RegExp(
    `(${SECRET_NAME}['"]?\\s*(?::=|=>|=|,)\\s*\\$(\\w*)\\$)(?!\\[redacted\\])[^$]+(?=\\$\\2\\$)`,
    'gi',
  ),
  /(\bpassword\s+(?:e|u&)?')(?:[^']|'')+(?=')/gi,
  // The key of what encrypts, signs or stores a secret.
  /(\b(?:pgp_sym_(?:en|de)crypt(?:_bytea)?|hmac|sign|verify|update_secret)\s*\((?:[^()']|'[^']*'|\([^()]*\)){1,2000}?,\s*')(?:[^']|'')+(?=')/gi,
  /(\bcreate_secret\s*\(\s*')(?:[^']|'')+(?=')/gi,
];

/** In a command only: a message of the server is full of words that look like these. */
const COMMAND_PATTERNS: readonly RegExp[] = [
  // 'Bearer ' || 'literal'   concat('Bearer ', 'literal')
  /('(?:bearer|basic|token)\s+'\s*(?:\|\||,)\s*')(?:[^']|'')+(?=')/gi,
  // -- token: literal
  new RegExp(`(${SECRET_NAME}\\s*:\\s*)(?![:'"\\s]|\\[redacted\\])[^\\s'",;)}]{4,}`, 'gi'),
];

/** A literal that goes on in the next: 'first half' || 'second half'. The last quote stays. */
function withContinuation(text: string, span: SecretSpan): SecretSpan {
  const more = /^'(?:\s*\|\|\s*'(?:[^']|'')*')+/.exec(text.slice(span.end, span.end + 4000));
  return more === null ? span : { start: span.start, end: span.end + more[0].length - 1 };
}

function matches(text: string, patterns: readonly RegExp[]): SecretSpan[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      start: match.index + (match[1] ?? '').length,
      end: match.index + match[0].length,
    })),
  );
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const WORD = /[A-Za-z0-9_-]{12,}/g;

/** An id is compared with a column, and a lookup in its place would not have its type: it stays. */
function randomWords(text: string): SecretSpan[] {
  return [...text.matchAll(WORD)]
    .filter(([word]) => !UUID.test(word) && word.split(/[_-]/).some(isRandom))
    .map(({ 0: word, index }) => ({ start: index, end: index + word.length }));
}

/** Letters and digits mixed up over twelve characters and more. */
function isRandom(part: string): boolean {
  if (part.length < 12) return false;
  const digits = part.replaceAll(/\D/g, '').length;
  return digits >= 2 && part.length - digits >= 3;
}

function merged(spans: readonly SecretSpan[]): readonly SecretSpan[] {
  const result: SecretSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last === undefined || span.start >= last.end) result.push(span);
    else result[result.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return result;
}
