/** The `call` of a job: which kind it is, what it means to the database, and which secrets it reads. */
import { checkValue } from '../check-value.ts';
import { closestWord } from '../closest-word.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { CallAuth, JobCall } from '../model.ts';
import { type AuthValue, CALLS, type CallKind, type CallValue } from './cron-schema.ts';

/** A Vault secret a job names, and where. */
export interface SecretReference {
  readonly secret: string;
  readonly path: ValuePath;
  /** `url`: the value is used as a URL, so its shape must demand https. */
  readonly use: 'url' | 'credential' | 'sql';
  /** Offsets within the text at `path`, for names found inside SQL. */
  readonly span?: { readonly start: number; readonly end: number };
}

export interface ReadCall {
  readonly call: JobCall;
  readonly references: readonly SecretReference[];
}

const SQL_TIMEOUT_MS = 60_000;
const KINDS = Object.keys(CALLS) as readonly CallKind[];
const UNDER: ValuePath = ['call'];

/** Reads `call`. Null when something in it is wrong (reported). */
export function readCall(value: unknown, report: ReportFinding): ReadCall | null {
  const kind = kindOf(value, report);
  switch (kind) {
    case null:
      return null;
    case 'function': {
      const call = checkValue(CALLS.function, value, report, UNDER);
      return call === null ? null : functionCall(call);
    }
    case 'http': {
      const call = checkValue(CALLS.http, value, report, UNDER);
      return call === null ? null : httpCall(call, report);
    }
    case 'sql': {
      const call = checkValue(CALLS.sql, value, report, UNDER);
      if (call === null) return null;
      const timeout = call.timeout === undefined ? SQL_TIMEOUT_MS : parseDuration(call.timeout);
      return { call: { kind: 'sql', sql: call.sql.trimEnd(), timeout_ms: timeout }, references: [] };
    }
    case 'enqueue': {
      const call = checkValue(CALLS.enqueue, value, report, UNDER);
      return call === null ? null : enqueue(call.enqueue, call.payload ?? {}, call.max_attempts ?? 3, false);
    }
    case 'runbook': {
      const call = checkValue(CALLS.runbook, value, report, UNDER);
      return call === null
        ? null
        : enqueue('runbook_run', { runbook: call.runbook, inputs: call.inputs ?? {} }, 1, true);
    }
    case 'workflow': {
      const call = checkValue(CALLS.workflow, value, report, UNDER);
      if (call === null) return null;
      const { inputs, ...target } = call;
      return enqueue('workflow_dispatch', { ...target, inputs: inputs ?? {} }, 1, true);
    }
  }
}

/** The one key that says what the job does. */
function kindOf(value: unknown, report: ReportFinding): CallKind | null {
  const wanted = `exactly one of ${KINDS.join(', ')}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const missing = value === undefined;
    report({
      severity: 'error',
      code: missing ? 'missing-key' : 'wrong-type',
      message: missing ? 'the key `call` is missing' : '`call` must be a map of keys',
      hint: `It holds ${wanted}.`,
      at: missing ? { path: [], part: 'key' } : { path: UNDER },
    });
    return null;
  }
  const keys = Object.keys(value);
  const [kind, second] = keys.filter(isCallKind);
  if (second !== undefined) {
    report({
      severity: 'error',
      code: 'call-kinds',
      message: `\`call\` holds both \`${kind}\` and \`${second}\``,
      hint: `Keep ${wanted}.`,
      at: { path: [...UNDER, second], part: 'key' },
    });
    return null;
  }
  if (kind !== undefined) return kind;
  const mistyped = keys
    .map((key) => ({ key, near: closestWord(key, KINDS) }))
    .find((candidate) => candidate.near !== undefined);
  report({
    severity: 'error',
    code: mistyped === undefined ? 'call-kinds' : 'unknown-key',
    message:
      mistyped === undefined
        ? '`call` does not say what to do'
        : `unknown key \`${mistyped.key}\` in \`call\``,
    hint:
      mistyped === undefined
        ? `It holds ${wanted}.`
        : `Did you mean \`${mistyped.near}\`? \`call\` holds ${wanted}.`,
    at:
      mistyped === undefined ? { path: UNDER, part: 'key' } : { path: [...UNDER, mistyped.key], part: 'key' },
  });
  return null;
}

function isCallKind(key: string): key is CallKind {
  return Object.hasOwn(CALLS, key);
}

function functionCall(call: CallValue<'function'>): ReadCall {
  const auth = readAuth(call.auth ?? 'run_token');
  return {
    call: {
      kind: 'http',
      function: call.function,
      method: call.method ?? 'post',
      url_secret: 'project_url',
      path: `/functions/v1/${call.function}`,
      headers: call.headers ?? {},
      ...(call.body === undefined ? {} : { body: call.body }),
      auth,
      timeout_ms: parseDuration(call.timeout),
    },
    references: [
      { secret: 'project_url', path: ['call', 'function'], use: 'url' },
      ...authReferences(call.auth),
    ],
  };
}

function httpCall(call: CallValue<'http'>, report: ReportFinding): ReadCall | null {
  const { http } = call;
  if ((http.url === undefined) === (http.url_secret === undefined)) {
    report({
      severity: 'error',
      code: 'call-url',
      message:
        http.url === undefined ? '`call.http` has no URL' : '`call.http` has both `url` and `url_secret`',
      hint: 'Write `url_secret: NAME` (with `path:`), or a fixed `url:`.',
      at: { path: ['call', 'http'], part: 'key' },
    });
    return null;
  }
  if (http.url !== undefined && http.path !== undefined) {
    report({
      severity: 'error',
      code: 'call-url',
      message: '`path` is appended to the URL of a secret only',
      hint: 'Make it part of `url`.',
      at: { path: ['call', 'http', 'path'], part: 'key' },
    });
    return null;
  }
  const urlReference: readonly SecretReference[] =
    http.url_secret === undefined
      ? []
      : [{ secret: http.url_secret, path: ['call', 'http', 'url_secret'], use: 'url' }];
  return {
    call: {
      kind: 'http',
      method: http.method ?? 'post',
      ...(http.url === undefined ? {} : { url: http.url }),
      ...(http.url_secret === undefined ? {} : { url_secret: http.url_secret }),
      ...(http.path === undefined ? {} : { path: http.path }),
      headers: http.headers ?? {},
      ...(http.body === undefined ? {} : { body: http.body }),
      auth: readAuth(call.auth ?? 'none'),
      timeout_ms: parseDuration(call.timeout),
    },
    references: [...urlReference, ...authReferences(call.auth)],
  };
}

function enqueue(taskType: string, payload: unknown, maxAttempts: number, awaitReport: boolean): ReadCall {
  return {
    call: {
      kind: 'enqueue',
      task_type: taskType,
      payload,
      max_attempts: maxAttempts,
      await_report: awaitReport,
    },
    references: [],
  };
}

type AuthWayValue = Exclude<AuthValue, readonly unknown[]>;

function isList(auth: AuthValue): auth is readonly AuthWayValue[] {
  return Array.isArray(auth);
}

function waysOf(auth: AuthValue): readonly AuthWayValue[] {
  return isList(auth) ? auth : [auth];
}

function readAuth(auth: AuthValue): readonly CallAuth[] {
  return waysOf(auth).flatMap((way): readonly CallAuth[] => {
    if (way === 'none') return [];
    if (way === 'run_token') return [{ kind: 'run_token' }];
    if ('header' in way) return [{ kind: 'header', header: way.header, secret: way.secret }];
    return 'bearer' in way
      ? [{ kind: 'bearer', secret: way.bearer }]
      : [{ kind: 'apikey', secret: way.apikey }];
  });
}

function authReferences(auth: AuthValue | undefined): readonly SecretReference[] {
  if (auth === undefined) return [];
  return waysOf(auth).flatMap((way, index): readonly SecretReference[] => {
    if (typeof way === 'string') return [];
    const key = 'header' in way ? 'secret' : 'bearer' in way ? 'bearer' : 'apikey';
    const secret = 'header' in way ? way.secret : 'bearer' in way ? way.bearer : way.apikey;
    return [{ secret, path: ['call', 'auth', ...(isList(auth) ? [index] : []), key], use: 'credential' }];
  });
}
