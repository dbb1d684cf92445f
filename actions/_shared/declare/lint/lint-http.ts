/** Requests: URLs, headers and bodies that pg_net cannot send or that give a secret away. */
import type { ReportFinding } from '../finding.ts';
import type { JobCall } from '../model.ts';

type HttpCall = Extract<JobCall, { kind: 'http' }>;

/** Headers that `ops.fire` writes itself. */
const OURS = /^(?:x-ops-.*|idempotency-key)$/i;
const CREDENTIAL = /^(?:authorization|apikey|cookie|x-.*-(?:token|key|secret)|proxy-authorization)$/i;
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$)/i;

/** Reports what is wrong with a request as it is written. */
export function lintHttp(call: HttpCall, report: ReportFinding): void {
  const under = call.function === undefined ? ['call', 'http'] : ['call'];
  if (call.url !== undefined) lintUrl(call.url, report);
  for (const [header, value] of Object.entries(call.headers))
    lintHeader(header, value, [...under, 'headers', header], report);
  lintBody(call, [...under, 'body'], report);
  for (const reference of call.auth) {
    if (reference.kind === 'run_token' || !/service_?role/i.test(reference.secret)) continue;
    report({
      severity: 'warning',
      code: 'auth-service-role',
      message: `every login of the database can read queued headers, and \`${reference.secret}\` opens everything`,
      hint: 'Use `run_token`, or a token that opens this one function.',
      at: { path: ['call', 'auth'], part: 'key' },
    });
  }
}

/** Reports a body that cannot be sent. */
export function lintBody(call: HttpCall, path: readonly string[], report: ReportFinding): void {
  if (call.body === undefined || call.method !== 'get') return;
  report({
    severity: 'error',
    code: 'call-body',
    message: 'a GET request has no body: pg_net cannot send one',
    hint: 'Write `method: post`, or put it into the path.',
    at: { path, part: 'key' },
  });
}

function lintUrl(url: string, report: ReportFinding): void {
  const at = { path: ['call', 'http', 'url'] };
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) {
    report({
      severity: 'error',
      code: 'call-url',
      message: 'this is not a URL pg_net can call',
      hint: 'Write it whole, beginning with https://.',
      at,
    });
  } else if (/[^!-~]/.test(url)) {
    report({
      severity: 'error',
      code: 'call-url',
      message: 'this URL holds a blank or a character that is not ASCII: pg_net sends it as it is',
      hint: 'Write such characters as `%20`.',
      at,
    });
  } else if (/^http:/i.test(url) && !LOOPBACK.test(url)) {
    report({
      severity: 'error',
      code: 'call-url',
      message: 'this URL sends the request in the clear',
      hint: 'Write https://.',
      at,
    });
  }
}

function lintHeader(header: string, value: string, path: readonly string[], report: ReportFinding): void {
  const at = { path, part: 'key' as const };
  if (OURS.test(header)) {
    report({
      severity: 'error',
      code: 'call-header',
      message: `\`${header}\` is written by ops.fire itself`,
      hint: 'Remove it.',
      at,
    });
  } else if (CREDENTIAL.test(header)) {
    const hint = 'Declare the value as a secret and write `auth: { header: NAME, secret: NAME }`.';
    report({
      severity: 'error',
      code: 'call-header',
      message: `\`${header}\` carries a credential`,
      hint,
      at,
    });
  } else if (/^content-type$/i.test(header) && value.trim().toLowerCase() !== 'application/json') {
    report({
      severity: 'error',
      code: 'call-header',
      message: 'pg_net sends JSON only and refuses another content type',
      hint: 'Remove the header.',
      at,
    });
  }
}
